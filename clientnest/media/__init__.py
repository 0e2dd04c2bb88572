"""Pictures and videos of posts: uploaded, looked at, cleaned, converted, shown and forgotten.

`uploads` takes bytes, `library` finds and changes what there is, `addresses` says where it can be seen, `offers` which
other forms would do. What opens files that people sent (`program` and what it imports) runs as a process of its own,
which imports this package and has to start quickly: so nothing is imported here.
"""
