"""What hidden tests compare with; no wheel holds it, for a notebook could import it."""
