"""What the record holds, read and searched as FHIR R4."""
