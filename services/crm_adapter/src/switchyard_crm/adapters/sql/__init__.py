"""The store on SQL."""
