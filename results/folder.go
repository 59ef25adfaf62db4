package results

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Names of the files in a run folder.
const (
	SummaryFile    = "summary.json"
	ScenarioFile   = "scenario.yaml"
	IntervalsFile  = "intervals.jsonl"
	HistogramsFile = "latency.hlog"
	SamplesFile    = "samples.jsonl"
	ChecksFile     = "checks.json"
	TimeoutFile    = "timeout.json"
	CapacityFile   = "capacity.json"
	ComparisonFile = "comparison.json"
	ReportFile     = "report.html"
	JUnitFile      = "junit.xml"
	MarkdownFile   = "summary.md"
	CSVFile        = "summary.csv"
	LedgerFile     = "ledger"
	// ProbesLedgerFile holds the sessions of timeout probes beside a load.
	ProbesLedgerFile = "probes.ledger"
	// ListingLedgerFile holds the sessions that ask servers for their lists.
	ListingLedgerFile = "listing.ledger"
	// CleanedFile says what became of the sessions of a killed run, until it goes on.
	CleanedFile = "cleaned.json"
)

// Ledgers are the names of all files in which a run may leave sessions.
func Ledgers() []string { return []string{LedgerFile, ProbesLedgerFile, ListingLedgerFile} }

// Folder is the directory of one run. It holds no open file and may be copied.
type Folder struct {
	Dir   string
	RunID string
}

// NewRunID returns a run id: the time in UTC to the second and four random hex
// digits, 20261121T093000Z-7f3a.
func NewRunID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

var runIDPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+@=-]{0,127}$`)

// CreateFolder makes the folder of a run, dir/runID, readable by its owner only,
// since scenario and samples describe somebody's server. It refuses one that
// exists (an error that is [fs.ErrExist]). An empty runID becomes [NewRunID].
func CreateFolder(dir, runID string) (*Folder, error) {
	if runID == "" {
		runID = NewRunID(time.Now())
	}
	if !runIDPattern.MatchString(runID) {
		return nil, fmt.Errorf("run id %q: use up to 128 letters, digits and . _ + @ = -, the first a letter or digit", runID)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create run folder: %w", err)
	}
	f := &Folder{Dir: filepath.Join(dir, runID), RunID: runID}
	if err := os.Mkdir(f.Dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("run folder %s: %w: choose another --run-id", f.Dir, fs.ErrExist)
		}
		return nil, fmt.Errorf("create run folder: %w", err)
	}
	return f, nil
}

// OpenFolder opens the folder of an earlier run, finished or killed.
func OpenFolder(dir string) (*Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open run folder: %w", err)
	}
	f := &Folder{Dir: dir, RunID: filepath.Base(abs)}
	for _, name := range []string{SummaryFile, IntervalsFile, ScenarioFile, ChecksFile, TimeoutFile, LedgerFile} {
		if _, err := os.Stat(f.Path(name)); err == nil {
			return f, nil
		}
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open run folder: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("run folder %s: not a directory", dir)
	}
	return nil, fmt.Errorf("run folder %s: holds neither %s nor %s: not a run", dir, SummaryFile, IntervalsFile)
}

// Path returns the path of a file of the folder, named by one of the constants.
func (f *Folder) Path(name string) string { return filepath.Join(f.Dir, name) }

// WriteScenario writes the effective scenario; the caller has blanked secrets.
func (f *Folder) WriteScenario(yaml []byte) error { return f.Write(ScenarioFile, yaml) }

// WriteChecks writes checks.json.
func (f *Folder) WriteChecks(checks []CheckResult) error {
	if checks == nil {
		checks = []CheckResult{}
	}
	return f.WriteJSON(ChecksFile, checks)
}

// ReadChecks reads checks.json.
func (f *Folder) ReadChecks() ([]CheckResult, error) {
	var checks []CheckResult
	return checks, f.ReadJSON(ChecksFile, &checks)
}

// WriteJSON writes v as indented JSON, whole or not at all.
func (f *Folder) WriteJSON(name string, v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // thresholds are full of <
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", f.Path(name), err)
	}
	return f.Write(name, b.Bytes())
}

// ReadJSON reads a file that [Folder.WriteJSON] wrote.
func (f *Folder) ReadJSON(name string, v any) error {
	b, err := os.ReadFile(f.Path(name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", f.Path(name), err)
	}
	return nil
}

// Write writes a file whole or not at all: a reader, or a kill, never meets half
// of one.
func (f *Folder) Write(name string, data []byte) error {
	if err := f.replace(name, data); err != nil {
		// The name of the file on the way tells nobody anything.
		if path, link := new(fs.PathError), new(os.LinkError); errors.As(err, &path) {
			err = path.Err
		} else if errors.As(err, &link) {
			err = link.Err
		}
		return &fs.PathError{Op: "write", Path: f.Path(name), Err: err}
	}
	return nil
}

// replace writes a file beside and puts it where it belongs.
func (f *Folder) replace(name string, data []byte) (err error) {
	temp, err := os.CreateTemp(f.Dir, "."+name+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(data)
	// Without a sync, some file systems show the new name before its content
	// after a loss of power.
	err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), f.Path(name))
}
