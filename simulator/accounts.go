package simulator

import (
	"bytes"
	"strconv"
	"sync"
)

// accountID names an account without holding its text: what kind of name it
// is in the top byte, its number below.
type accountID uint64

// The kinds of accounts, in the top byte of an accountID.
const (
	patternUser accountID = (iota + 1) << 56
	patternKey
	patternLREKey
	patternInactive
	listedUser
	listedKey

	kindMask         = accountID(0xff) << 56
	maxPatternNumber = 1<<53 - 1
)

// verdict is what a check of credentials found.
type verdict uint8

const (
	granted verdict = iota
	wrongSecret
	noAccount
	inactive
	locked
)

// generated are the accounts that exist by rule.
var generated = []struct {
	kind         accountID
	name, secret string
}{
	{patternUser, "user", "pw"},
	{patternKey, "key", "secret"},
	{patternLREKey, "I_KEY_", "S_KEY_"},
	{patternInactive, "inactive", "secret"},
}

// accounts answers who may log in. Safe for concurrent use.
type accounts struct {
	rule   AccountRule
	policy *policy
	users  map[string]int
	keys   map[string]int

	mu    sync.Mutex
	wrong map[accountID]failures
}

// failures are the wrong secrets of one account since its last login.
type failures struct {
	count int
	until int64 // end of the lock; zero while not locked
}

func newAccounts(rule AccountRule, p *policy) *accounts {
	a := &accounts{rule: rule, policy: p, users: map[string]int{}, keys: map[string]int{}, wrong: map[accountID]failures{}}
	for i, account := range rule.List {
		if account.User != "" {
			a.users[account.User] = i
		}
		if account.ClientID != "" {
			a.keys[account.ClientID] = i
		}
	}
	return a
}

// checkUser checks a user and password; an API key may stand in their place,
// as several products allow.
func (a *accounts) checkUser(user, password []byte, now int64) (accountID, verdict) {
	if i, ok := a.users[string(user)]; ok {
		account := a.rule.List[i]
		return a.settle(listedUser|accountID(i), account.Password == string(password), account.Inactive, now)
	}
	if id, ok := a.byRule(user); ok && id&kindMask == patternUser {
		return a.settle(id, a.rightByRule(id, user, password), false, now)
	}
	return a.checkKey(user, password, now)
}

// checkKey checks an API key and its secret.
func (a *accounts) checkKey(key, secret []byte, now int64) (accountID, verdict) {
	if i, ok := a.keys[string(key)]; ok {
		account := a.rule.List[i]
		return a.settle(listedKey|accountID(i), account.ClientSecret == string(secret), account.Inactive, now)
	}
	id, ok := a.byRule(key)
	if !ok || id&kindMask == patternUser {
		if !a.policy.once(accountKnown, false) {
			return 0, noAccount
		}
		return patternUser | maxPatternNumber, granted
	}
	return a.settle(id, a.rightByRule(id, key, secret), id&kindMask == patternInactive, now)
}

// find is the account of a user's name, without a password: for client
// certificates.
func (a *accounts) find(user []byte) (accountID, verdict) {
	if i, ok := a.users[string(user)]; ok {
		if a.rule.List[i].Inactive {
			return 0, inactive
		}
		return listedUser | accountID(i), granted
	}
	if id, ok := a.byRule(user); ok && id&kindMask == patternUser {
		return id, granted
	}
	return 0, noAccount
}

// byRule recognises a generated name.
func (a *accounts) byRule(name []byte) (accountID, bool) {
	if a.rule.NoPattern {
		return 0, false
	}
	for _, g := range generated {
		digits, ok := bytes.CutPrefix(name, []byte(g.name))
		if !ok || len(digits) > 1 && digits[0] == '0' {
			continue
		}
		n, ok := decimal(digits)
		if ok && n <= maxPatternNumber && (a.rule.Limit == 0 || uint64(n) < a.rule.Limit) {
			return g.kind | accountID(n), true
		}
	}
	return 0, false
}

// rightByRule tells whether the secret is the one generated for the name.
func (a *accounts) rightByRule(id accountID, name, secret []byte) bool {
	g := generated[id>>56-1]
	digits, ok := bytes.CutPrefix(secret, []byte(g.secret))
	return ok && bytes.Equal(digits, name[len(g.name):])
}

// settle weighs the secret, the account's state and its lock.
func (a *accounts) settle(id accountID, right, off bool, now int64) (accountID, verdict) {
	if off && a.policy.once(accountOff, true) {
		return id, inactive
	}
	right = a.policy.once(secretRight, right)
	if a.rule.LockAfter > 0 && !a.note(id, right, now) {
		return id, locked
	}
	if !right {
		return id, wrongSecret
	}
	return id, granted
}

// note counts wrong secrets; false while the account is locked.
func (a *accounts) note(id accountID, right bool, now int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.wrong[id]
	if f.until > now {
		return false
	}
	if f.until != 0 || right {
		f = failures{}
	}
	if right {
		delete(a.wrong, id)
		return true
	}
	f.count++
	if f.count >= a.rule.LockAfter {
		f.until = never
		if a.rule.LockFor > 0 {
			f.until = now + int64(a.rule.LockFor)
		}
	}
	a.wrong[id] = f
	return true
}

// appendName writes the name an account logs in by.
func (a *accounts) appendName(dst []byte, id accountID) []byte {
	n := uint64(id &^ kindMask)
	switch kind := id & kindMask; kind {
	case 0:
		return dst
	case listedUser:
		return append(dst, a.rule.List[n].User...)
	case listedKey:
		return append(dst, a.rule.List[n].ClientID...)
	default:
		return strconv.AppendUint(append(dst, generated[kind>>56-1].name...), n, 10)
	}
}

// isKey tells accounts that are API keys from users.
func (id accountID) isKey() bool {
	kind := id & kindMask
	return kind != patternUser && kind != listedUser
}
