package results

import (
	_ "embed"
	"slices"
)

//go:embed summary.schema.json
var summarySchema []byte

// SummarySchemaJSON returns the JSON Schema of summary.json. A reader made for
// it keeps working: members are added, never renamed or removed, as long as the
// schema's name stays [SummarySchema].
func SummarySchemaJSON() []byte { return slices.Clone(summarySchema) }
