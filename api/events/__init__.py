"""Events as they happen, over WebSocket."""
