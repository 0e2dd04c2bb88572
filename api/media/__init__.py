"""Pictures and videos of posts: uploading, the library, and looking at them."""
