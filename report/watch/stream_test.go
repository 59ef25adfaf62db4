package watch

import (
	"bytes"
	"compress/flate"
	"io"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPartsJoin packs parts on their own and reads them as one stream, in any
// order and as often as they come.
func TestPartsJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`[a-c]{0,300}`), 1, 6).Draw(t, "texts")
		var parts []*part
		for _, text := range texts {
			parts = append(parts, newPart([]byte(text)))
		}
		var packed, want bytes.Buffer
		for _, i := range rapid.SliceOf(rapid.IntRange(0, len(parts)-1)).Draw(t, "order") {
			packed.Write(parts[i].packed())
			want.WriteString(texts[i])
			// What has come so far can be read without what follows.
			sofar, _ := io.ReadAll(flate.NewReader(bytes.NewReader(packed.Bytes())))
			if string(sofar) != want.String() {
				t.Fatalf("up to part %d it reads %q, want %q", i, sofar, want.String())
			}
		}
		packed.WriteString(gzipEnd)
		if got, err := io.ReadAll(flate.NewReader(&packed)); err != nil || string(got) != want.String() {
			t.Errorf("%q, %v; want %q", got, err, want.String())
		}
	})
}

// FuzzAcceptsGzip holds any header against what leaves no doubt.
func FuzzAcceptsGzip(f *testing.F) {
	for _, seed := range []string{"gzip", "gzip;q=0", "*;q=0.5, br", ";;,=,q=", "gzip ; q=1.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := acceptsGzip(http.Header{"Accept-Encoding": {header}})
		if low := strings.ToLower(header); got && !strings.Contains(low, "gzip") && !strings.Contains(low, "*") {
			t.Errorf("%q is said to accept gzip", header)
		}
		if !strings.Contains(strings.ToLower(header), "gzip") && !acceptsGzip(http.Header{"Accept-Encoding": {header, "gzip"}}) {
			t.Errorf("%q and gzip are said not to accept it", header)
		}
	})
}
