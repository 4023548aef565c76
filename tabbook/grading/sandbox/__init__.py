"""What a submission may see: its server, the frameworks, the wire."""
