package profiles

import (
	"fmt"
	"time"

	"authsoak/document"
)

// Experiment is a question that a load asks of a server besides bearing up: what
// is done to it, when, and what is expected. It is empty in an ordinary load.
type Experiment struct {
	Kind     ExperimentKind    `yaml:"kind,omitempty" about:"storm: many log in at one instant; mass-expiry: all sessions idle to death together and everybody returns at once; restart: the target restarts; duplicate-burst: many logins at once over one live session; leak: sessions are left without a logout"`
	At       document.Duration `yaml:"at,omitempty" about:"when, counted from the end of the warm-up; restart: when the command that restarts the target is started, if one is given; a leak has no such instant"`
	Users    int               `yaml:"users,omitempty" about:"storm: how many log in at once"`
	Sessions int               `yaml:"sessions,omitempty" about:"duplicate-burst: how many sessions are tried, one a second"`
	Logins   int               `yaml:"logins,omitempty" about:"duplicate-burst: how many logins come at once over each session"`
	Idle     document.Duration `yaml:"idle,omitempty" about:"mass-expiry and leak: how long the server lets an unused session live; left out: as the endpoint's profile says"`
	Within   document.Duration `yaml:"within,omitempty" about:"by when everything must be as before: everybody logged in, logins as fast as they were"`
	Slowest  document.Duration `yaml:"slowest,omitempty" about:"how long one login may take meanwhile; left out: as long as within"`
	Factor   float64           `yaml:"factor,omitempty" about:"by how much the median login may be slower than before and still count as before"`
	Failures *document.Share   `yaml:"failures,omitempty" about:"the share of logins that may fail meanwhile"`
	Survive  *document.Share   `yaml:"survive,omitempty" about:"restart: the share of sessions that must survive it; left out: it is told, and not judged"`
}

// ExperimentKind is what is done to a server.
type ExperimentKind string

// The experiments.
const (
	Storm          ExperimentKind = "storm"
	MassExpiry     ExperimentKind = "mass-expiry"
	Restart        ExperimentKind = "restart"
	DuplicateBurst ExperimentKind = "duplicate-burst"
	Leak           ExperimentKind = "leak"
)

// Known lists the experiments.
func (ExperimentKind) Known() []string {
	return []string{string(Storm), string(MassExpiry), string(Restart), string(DuplicateBurst), string(Leak)}
}

// experimentTakes says which keys an experiment takes besides within and factor;
// * marks those it needs.
var experimentTakes = map[ExperimentKind]map[string]bool{
	Storm:          {"at": true, "users": true, "slowest": false, "failures": false},
	MassExpiry:     {"at": true, "idle": false, "slowest": false, "failures": false},
	Restart:        {"at": false, "survive": false},
	DuplicateBurst: {"at": true, "sessions": true, "logins": true, "slowest": false},
	Leak:           {"idle": false},
}

// experimentModels says which models an experiment can be driven in.
var experimentModels = map[ExperimentKind][]Model{
	Storm: {Open}, MassExpiry: {Population}, Restart: {Open, Closed, Population}, DuplicateBurst: {Population}, Leak: {Open},
}

// Limits of experiments that catch a slip of the pen.
const (
	mostBurst = 10_000
	mostRatio = 1000
)

// FillIn completes an experiment: how soon and how fast is left to it, with
// limits that any server in good health keeps.
func (e *Experiment) FillIn() {
	if e.Kind == "" {
		return
	}
	fill(&e.Within, document.Duration(time.Minute))
	if _, may := experimentTakes[e.Kind]["slowest"]; may {
		fill(&e.Slowest, e.Within)
	}
	fill(&e.Factor, 2)
}

// experiment checks what belongs to the experiment alone.
func (c *loadCheck) experiment(l *Load) {
	e, given := &l.Experiment, l.Experiment.given()
	if e.Kind == "" {
		if *e != (Experiment{}) {
			c.bad("experiment", "needs kind: storm, mass-expiry, restart, duplicate-burst or leak")
		}
		return
	}
	takes, known := experimentTakes[e.Kind]
	if !known {
		return // told by whoever decodes
	}
	for _, key := range []string{"at", "users", "sessions", "logins", "idle", "slowest", "failures", "survive"} {
		needed, may := takes[key]
		switch {
		case given[key] && !may:
			c.unfit("experiment."+key, fmt.Sprintf("%s means nothing to the experiment %s", key, e.Kind))
		case needed && !given[key]:
			c.bad("experiment", fmt.Sprintf("needs %s for %s", key, e.Kind))
		}
	}
	c.experimentNumbers(e)
	model := l.Model
	if model == "" {
		model = Open
	}
	models := experimentModels[e.Kind]
	fits := false
	for _, m := range models {
		fits = fits || m == model
	}
	if !fits {
		c.bad("experiment.kind", fmt.Sprintf("%s is driven in the model %s, not %s", e.Kind, models[0], model))
	}
	if e.Kind == Storm && (l.Arrivals.Process == Poisson || l.Arrivals.File != "") {
		c.bad("arrivals", "a storm takes evenly spaced arrivals, so that it is known how many come at once")
	}
}

func (c *loadCheck) experimentNumbers(e *Experiment) {
	for key, n := range map[string]float64{"at": float64(e.At), "users": float64(e.Users), "sessions": float64(e.Sessions), "logins": float64(e.Logins),
		"idle": float64(e.Idle), "within": float64(e.Within), "slowest": float64(e.Slowest), "factor": e.Factor} {
		if n < 0 {
			c.bad("experiment."+key, "must not be negative")
		}
	}
	if e.Sessions > mostBurst || e.Logins > mostBurst || e.Users > maxLevel {
		c.bad("experiment", fmt.Sprintf("asks for too much: at most %d sessions, %d logins over each, %d users", mostBurst, mostBurst, maxLevel))
	}
	if e.Factor > mostRatio || e.Factor > 0 && e.Factor < 1 {
		c.bad("experiment.factor", fmt.Sprintf("must be from 1 to %d: how many times slower than before still counts as before", mostRatio))
	}
}

// given says which keys hold something.
func (e *Experiment) given() map[string]bool {
	return map[string]bool{
		"at": e.At != 0, "users": e.Users != 0, "sessions": e.Sessions != 0, "logins": e.Logins != 0, "idle": e.Idle != 0,
		"slowest": e.Slowest != 0, "failures": e.Failures != nil, "survive": e.Survive != nil,
	}
}
