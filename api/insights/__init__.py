"""What worked, where and when: reads of the `serve` views."""
