"""The bot under load: gateway, Rasa, actions and crm_adapter as they run, driven by websockets."""
