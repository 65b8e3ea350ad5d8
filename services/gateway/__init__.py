"""The doors for events: FHIR over HTTP. Everything that comes in goes to Kafka, refused or not."""
