package command

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"authsoak/report"
	"authsoak/report/page"
	"authsoak/results"
)

// pageFormat is the one that is not for a terminal.
const pageFormat = "html"

// formats are all that a report can be made in.
func formats() map[string]report.Format {
	all := report.Formats()
	all[pageFormat] = writePage
	return all
}

func writePage(w io.Writer, in report.Input) error {
	story, err := page.Read(in.Summary, in.Folders...)
	if err != nil {
		return err
	}
	return story.Write(w)
}

// pageOf leaves report.html in the run folder and returns what it tells. Where
// that fails, the run is none the worse, since the page can be made again, and
// the story is nil.
func (p *program) pageOf(s *results.Summary, dir string) *page.Story {
	story, err := makePage(filepath.Join(dir, results.ReportFile), report.Input{Summary: s, Folders: []string{dir}})
	if err != nil {
		fmt.Fprintf(p.Err, "%s: %v; authsoak report --format html %s makes it again\n", results.ReportFile, err, report.Quoted(dir))
	}
	return story
}

// makePage writes the page to a file, whole or not at all.
func makePage(file string, in report.Input) (*page.Story, error) {
	story, err := page.Read(in.Summary, in.Folders...)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := story.Write(&b); err != nil {
		return nil, err
	}
	f := &results.Folder{Dir: filepath.Dir(file)}
	return story, f.Write(filepath.Base(file), b.Bytes())
}

// besideRun tells whether a page was asked for on a terminal, which has no use
// for it, and names the file in the run folder where it goes then.
func (p *program) besideRun(c *cli.Context, dirs []string) (file string, ok bool) {
	f, isFile := p.Out.(*os.File)
	if c.String("format") != pageFormat || len(dirs) != 1 || !isFile || !term.IsTerminal(int(f.Fd())) {
		return "", false
	}
	file = filepath.Join(dirs[0], results.ReportFile)
	fmt.Fprintln(p.Err, file)
	return file, true
}

func pageExists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, results.ReportFile))
	return err == nil
}
