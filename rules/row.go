package rules

// Row is one rule, made for one flow: what is said, how it is tried, what it
// costs, and how the evidence is judged. A row is a value; check tries it.
type Row struct {
	ID    string // lower-case words joined by dots, wide to narrow: logout.revokes
	Title string // what must hold, in one line
	// Says is the sense of the sentence that states the rule, and Source its
	// page. Both are empty where nothing states it.
	Says, Source string
	// Judged rows pass or fail; the others are info: what was seen is reported.
	Judged bool
	// Settled says that the row isn't tried: NotTried or NotApplicable, and Why.
	Settled Ruling
	Why     string
	// Trial names the script: rows of one name have the same one, which is tried
	// once for all of them.
	Trial  string
	Cost   Cost
	Script []Action
	Judge  func(Evidence) Finding
}

// Cost is what trying a row takes, where the server does as expected.
type Cost struct {
	Requests     int // logging out what is left open included
	Accounts     int // used at the same time
	Sessions     int // live at once
	WrongSecrets int // wrong passwords sent for the account of the first client
}

// Total adds up what trying rows costs, each trial once. Sessions and accounts
// are the most that any of them takes.
func Total(rows []Row) Cost {
	var sum Cost
	seen := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if r.Settled != "" || seen[r.Trial] {
			continue
		}
		seen[r.Trial] = true
		sum.Requests += r.Cost.Requests
		sum.WrongSecrets += r.Cost.WrongSecrets
		sum.Sessions = max(sum.Sessions, r.Cost.Sessions)
		sum.Accounts = max(sum.Accounts, r.Cost.Accounts)
	}
	return sum
}

// Ruling is the verdict of a rule, as it stands in checks.json.
type Ruling string

// Rulings.
const (
	Passed        Ruling = "pass"
	FailedRule    Ruling = "fail"
	Unsure        Ruling = "unknown"
	NotTried      Ruling = "not-tried"
	NotApplicable Ruling = "not-applicable"
	Info          Ruling = "info"
)

// Do is what an action does.
type Do uint8

// What actions do. Copy gives a client the account and cookies of another and
// keeps its connection; Forget empties its cookies.
const (
	DoLogin Do = iota
	DoCall
	DoLogout
	DoCopy
	DoForget
	DoList // ask which sessions the server counts
)

// Action is one step of a script. Clients are numbered from 0; each has an
// account of its own unless it is a copy or shares one.
type Action struct {
	Client int
	Do     Do
	Call   int // index in the flow's calls
	From   int // DoCopy: the client copied
	// ShareAccount: at a client's first action, the client whose account it
	// uses, plus 1.
	ShareAccount int
	Vary         Variation
	// Refused is the request, from 1, at which a refusal is expected to end the
	// group; 0: none is.
	Refused int
	// WrongSecret says that a wrong secret is sent for the account.
	WrongSecret bool
}

// Evidence is what a script brought: the replies of each of its actions. Those
// of an action that was not reached are nil.
type Evidence struct {
	Flow    FlowFacts
	Replies [][]Reply
	// Words are the values of the accounts used, which normal forms leave out.
	Words []string
}

// FlowFacts is what a judge has to know of how the flow was reached.
type FlowFacts struct {
	Secure bool // over TLS
}

// Finding is what a judge makes of the evidence.
type Finding struct {
	Ruling   Ruling
	Expected string
	Observed string
	// Seen is the behaviour in normal form, free of random parts, for contract
	// snapshots: name to value.
	Seen map[string]string
	// Failed is the index of the action whose replies show the failure, −1 for
	// none.
	Failed int
}
