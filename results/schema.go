package results

import (
	_ "embed"
	"slices"
)

//go:embed summary.schema.json
var summarySchema []byte

//go:embed capacity.schema.json
var capacitySchema []byte

// SummarySchemaJSON returns the JSON Schema of summary.json. A reader made for
// it keeps working: members are added, never renamed or removed, as long as the
// schema's name stays [SummarySchema].
func SummarySchemaJSON() []byte { return slices.Clone(summarySchema) }

// CapacitySchemaJSON returns the JSON Schema of capacity.json, which is kept as
// that of summary.json is, as long as its name stays [CapacitySchema].
func CapacitySchemaJSON() []byte { return slices.Clone(capacitySchema) }
