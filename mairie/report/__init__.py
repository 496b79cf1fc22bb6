"""From events to what people and machines read of a run: table, JSON, JUnit, HTML."""
