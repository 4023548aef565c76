"""What a submission may see: its server, the wire, and d2l_shim."""
