"""The script that every visit runs. In a folder of its own: beside a folder called `pages`, Streamlit would take that
for an older kind of app, and the first visitor's deep link for a page that does not exist."""
