"""The doors for events: FHIR over HTTP, HL7 v2 over MLLP. What is answered as kept is in Kafka."""
