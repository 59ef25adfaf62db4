package telemetry

import (
	"os"
	"strings"
	"testing"
)

// TestDocs holds the table of docs/metrics.md against the metrics.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "| `authsoak_") {
			rows++
		}
	}
	if rows != len(Families()) {
		t.Errorf("the table has %d rows, want %d", rows, len(Families()))
	}
	for _, f := range Families() {
		var attributes []string
		for _, a := range f.Attributes {
			attributes = append(attributes, "`"+a+"`")
		}
		row := "| `" + f.Prometheus() + "` | " + f.Kind.String() + " | " + f.Help + " | " + strings.Join(attributes, " ") + " |\n"
		if !strings.Contains(string(b), row) {
			t.Errorf("docs/metrics.md lacks the row\n%s", row)
		}
	}
}
