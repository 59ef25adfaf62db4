package results

// TimeoutSchema names the format of timeout.json.
const TimeoutSchema = "authsoak/timeout/v1"

// TimeoutResult is timeout.json: how long sessions live, and every touch that says
// so. Times are seconds, counted from the start unless they are ages.
type TimeoutResult struct {
	Schema    string `json:"schema"`
	RunID     string `json:"run_id"`
	Version   string `json:"authsoak_version"`
	StartedAt string `json:"started_at"` // RFC 3339
	// DurationS is how long it took, logouts included.
	DurationS float64 `json:"duration_s"`
	// Verdict is pass, fail, unknown or interrupted; measured where nothing was
	// expected and an answer was found.
	Verdict string         `json:"verdict"`
	Ladders []LadderResult `json:"ladders"`
}

// Verdicts of a timeout, besides those of a run.
const (
	TimeoutMeasured = "measured"
	TimeoutUnknown  = "unknown"
)

// LadderResult is one ladder: a target, or a target with a setting that asks
// for another timeout.
type LadderResult struct {
	Target   string `json:"target"`
	Endpoint string `json:"endpoint"`
	Version  string `json:"version"`
	Method   string `json:"method"`
	URL      string `json:"url"`
	Setting  string `json:"setting,omitempty"` // NAME=VALUE

	Verdict  string   `json:"verdict"`
	Reason   string   `json:"reason"`
	Findings []string `json:"findings"` // what else was seen, in words

	ExpectS     *float64 `json:"expect_s,omitempty"`
	WithinS     *float64 `json:"within_s,omitempty"`
	DocumentedS *float64 `json:"documented_s,omitempty"`
	Documented  string   `json:"documented_source,omitempty"`

	Plan LadderPlanned `json:"plan"`
	// Timeout is the answer: every session that was alive was younger than most,
	// every dead one older than least. Regular tells whether all sessions ended at
	// one age; else Timeout goes from the first death to the last life.
	Timeout LifeBracket `json:"timeout"`
	Regular bool        `json:"regular"`
	// Kind is idle or absolute, empty where it isn't known.
	Kind string `json:"kind,omitempty"`
	// Replaced is the age from which a session was silently replaced by a new
	// one.
	Replaced *LifeBracket `json:"replaced,omitempty"`
	Reaper   *Reaper      `json:"reaper,omitempty"`
	Arms     []LadderArm  `json:"arms"`
	// Checks are the session rules that the ladder has judged.
	Checks []CheckResult `json:"checks"`

	Sessions LadderSessions `json:"sessions"`
	// MeasuredS is when the timeout was known, Interrupted whether it was cut
	// short.
	MeasuredS   float64       `json:"measured_s"`
	Interrupted bool          `json:"interrupted,omitempty"`
	Touches     []LadderTouch `json:"touches"`
}

// Name is the target's, with the setting that was asked for.
func (l *LadderResult) Name() string {
	if l.Setting == "" {
		return l.Target
	}
	return l.Target + " with " + l.Setting
}

// LifeBracket bounds a lifetime: more than least, at most most. Most is nil
// where nothing was seen dead.
type LifeBracket struct {
	LeastS float64  `json:"least_s"`
	MostS  *float64 `json:"most_s"`
}

// LadderPlanned is what was announced beforehand.
type LadderPlanned struct {
	Basis    string  `json:"basis"` // given, expected, documented, unknown
	FromS    float64 `json:"from_s"`
	ToS      float64 `json:"to_s"`
	LongestS float64 `json:"longest_s"`
	Rungs    int     `json:"rungs"`
	Replicas int     `json:"replicas"`
	AtOnce   int     `json:"sessions_at_once"`
	Sessions int     `json:"sessions"`
	EndsByS  float64 `json:"ends_by_s"` // if the timeout lies in the range
	LatestS  float64 `json:"latest_end_s"`
}

// Reaper is the rhythm in which sessions are ended.
type Reaper struct {
	LeastPauseS float64     `json:"least_pause_s"`
	MostPauseS  float64     `json:"most_pause_s"`
	Timeout     LifeBracket `json:"timeout"` // without the wait for the next pass
}

// LadderArm is what sessions in constant use have shown.
type LadderArm struct {
	Name     string `json:"name"` // kept-alive, refused-renewal
	Sessions int    `json:"sessions"`
	Touches  int    `json:"touches"`
	Renewals int    `json:"renewals"`
	// Lifetime counts from the login.
	Lifetime LifeBracket `json:"lifetime"`
	Regular  bool        `json:"regular"`
	Finding  string      `json:"finding"`
}

// LadderSessions counts what became of the sessions of a ladder.
type LadderSessions struct {
	Opened       int `json:"opened"`
	Refused      int `json:"refused"` // logins that opened no session
	LoggedOut    int `json:"logged_out"`
	Ended        int `json:"ended"` // by the server
	Left         int `json:"left"`  // neither; they end by their timeout
	PossiblyOpen int `json:"possibly_open"`
	PeakLive     int `json:"peak_live"`
}

// LadderTouch is the evidence of one touch. Touches of a session in constant
// use that found it alive are one entry with their count.
type LadderTouch struct {
	Session  int     `json:"session"`
	Wave     string  `json:"wave"`
	OpenedS  float64 `json:"opened_s"` // when the login's answer was there
	TouchedS float64 `json:"touched_s"`
	LeastS   float64 `json:"least_age_s"`
	MostS    float64 `json:"most_age_s"`
	Fate     string  `json:"fate"` // alive, replaced, dead, unknown
	Status   int     `json:"status,omitempty"`
	Renewed  bool    `json:"renewed,omitempty"`
	Count    int     `json:"count,omitempty"`
	Detail   string  `json:"detail,omitempty"`
}
