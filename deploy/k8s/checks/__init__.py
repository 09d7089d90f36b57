"""Rules that the manifests keep; `make k8s-check` builds every overlay and applies them."""
