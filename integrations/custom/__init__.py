"""The API channel: any system of one's own writes in and is written to, by one signed JSON form."""
