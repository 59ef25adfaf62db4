package calibration

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// build tells one build from another; empty where that can't be told.
var build = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if of := buildOf(info.Settings); of != "" {
			return of
		}
	}
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	sum, err := hashOf(path)
	if err != nil {
		return ""
	}
	return "sha256:" + sum[:16]
})

// faster are the settings of a build that change what it costs.
var faster = []string{"-race", "-msan", "-asan", "-cover", "-tags", "-gcflags", "-pgo", "GOAMD64", "GOARM64", "GOARM", "GOEXPERIMENT"}

// buildOf returns the revision that was built, with the settings that make one
// build of it faster than another; empty where there is none, or where what was
// built had been changed after it.
func buildOf(settings []debug.BuildSetting) string {
	revision, rest := "", []string{}
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value != "false":
			return ""
		case slices.Contains(faster, s.Key) && s.Value != "":
			rest = append(rest, s.Key+"="+s.Value)
		}
	}
	if revision == "" {
		return ""
	}
	slices.Sort(rest)
	return strings.Join(append([]string{revision}, rest...), " ")
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// mostModel is how much of a processor's name is kept.
const mostModel = 120

// modelOf returns the model of the processors from the text of /proc/cpuinfo: its
// name where there is one, else the numbers by which an ARM core tells what it is.
// Cores that differ are all told.
func modelOf(cpuinfo string) string {
	var models []string
	for _, block := range strings.Split(cpuinfo, "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(block) {
			if key, value, ok := strings.Cut(line, ":"); ok {
				fields[strings.TrimSpace(key)] = strings.Join(strings.Fields(value), " ")
			}
		}
		model := fields["model name"]
		for _, key := range []string{"cpu model", "cpu", "uarch"} {
			if model == "" {
				model = fields[key]
			}
		}
		if part := fields["CPU part"]; model == "" && part != "" {
			model = "ARM " + fields["CPU implementer"] + " " + part + " r" + fields["CPU variant"] + "p" + fields["CPU revision"]
		}
		if model != "" && !slices.Contains(models, model) {
			models = append(models, model)
		}
	}
	all := strings.ToValidUTF8(strings.Join(models, " + "), "")
	if len(all) > mostModel {
		all = strings.ToValidUTF8(all[:mostModel], "")
	}
	return all
}
