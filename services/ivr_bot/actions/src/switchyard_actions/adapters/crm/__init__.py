"""The company's data, from crm_adapter over gRPC."""
