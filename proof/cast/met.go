package cast

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/world"
)

// Alternatives are an Allow statement for each of its principals, and for each value
// of a condition that asks for one of several. Who meets one meets the statement.
func Alternatives(element map[string]any) []map[string]any {
	var all []map[string]any
	if byKind, ok := element["Principal"].(map[string]any); ok {
		for _, kind := range slices.Sorted(maps.Keys(byKind)) {
			for _, name := range world.List(byKind[kind]) {
				one := maps.Clone(element)
				one["Principal"] = map[string]any{kind: name}
				all = append(all, one)
			}
		}
	} else {
		all = append(all, element)
	}
	conditions, _ := element["Condition"].(map[string]any)
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		keys, _ := conditions[operator].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			values := world.List(keys[key])
			if len(values) < 2 || parsed(operator).isNegative() {
				continue
			}
			for _, value := range values[1:] { // the first is that of the statements above
				one, changed, with := maps.Clone(element), maps.Clone(conditions), maps.Clone(keys)
				with[key], changed[operator] = value, with
				one["Condition"] = changed
				all = append(all, one)
			}
		}
	}
	return all
}

// An operator of a condition, without its case.
type operator struct {
	set  string // forallvalues, foranyvalue or empty
	name string
}

func parsed(text string) operator {
	text = strings.TrimSuffix(strings.ToLower(text), "ifexists")
	if set, name, ok := strings.Cut(text, ":"); ok {
		return operator{set, name}
	}
	return operator{name: text}
}

func (o operator) isNegative() bool { return strings.Contains(o.name, "not") }

// value is one that meets the operator with what the statement has, nil if no value
// need be there.
func (o operator) value(text string) any {
	switch {
	case o.name == "null":
		if text == "true" {
			return nil
		}
		text = "x"
	case o.isNegative() && o.set != "foranyvalue":
		return nil // is met by a request without the key
	case o.isNegative():
		text = "not-" + instance(text)
	case o.name == "ipaddress":
		text = addressIn(text)
	case o.name == "numericlessthan":
		text = shifted(text, -1)
	case o.name == "numericgreaterthan":
		text = shifted(text, 1)
	case o.name == "datelessthan":
		text = later(text, -time.Hour)
	case o.name == "dategreaterthan":
		text = later(text, time.Hour)
	default:
		text = instance(text)
	}
	if o.set != "" {
		return []string{text}
	}
	return text
}

// addressIn is the first address of a range.
func addressIn(text string) string {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked().Addr().String()
	}
	return text
}

func shifted(text string, by float64) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(n+by, 'f', -1, 64)
}

func later(text string, by time.Duration) string {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Add(by).UTC().Format(time.RFC3339)
		}
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(seconds+int64(by.Seconds()), 10)
	}
	return text
}

// Keys that say who a caller is, and those that the questions set themselves.
var (
	identityKeys = []string{
		"aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
		"aws:PrincipalServiceName", "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "kms:CallerAccount",
	}
	questionKeys = []string{
		"aws:RequestedRegion", "aws:ResourceAccount", "aws:ResourceOrgID", "aws:SecureTransport",
		"kms:EncryptionContext:aws:sqs:arn", "kms:EncryptionContextKeys", "kms:ResourceAliases",
	}
)

// says are the keys that a caller sets in its request to meet the statement, beside
// who it is: tags, addresses, endpoints and the like, which anybody can choose.
func (s statement) says(q *asked.Queue) map[string]any {
	said := map[string]any{}
	conditions, _ := s.element["Condition"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		keys, _ := conditions[name].(map[string]any)
		for key, values := range keys {
			list := world.List(values)
			if len(list) == 0 || isOneOf(key, identityKeys) || isOneOf(key, questionKeys) {
				continue
			}
			value := parsed(name).value(fmt.Sprint(list[0]))
			if value == nil || strings.EqualFold(key, "kms:ViaService") && fmt.Sprint(value) == q.At.ViaService() {
				continue
			}
			if before := said[key]; before == nil || before == "x" {
				said[key] = value
			}
		}
	}
	return said
}

func isOneOf(key string, keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
}

var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

// filled are the values with policy variables replaced by what is said of the caller.
func filled(said, of map[string]any) map[string]any {
	fill := func(text string) string {
		return variable.ReplaceAllStringFunc(text, func(name string) string {
			for key, value := range of {
				if strings.EqualFold("${"+key+"}", name) {
					return fmt.Sprint(value)
				}
			}
			return name
		})
	}
	all := map[string]any{}
	for key, value := range said {
		switch value := value.(type) {
		case string:
			all[key] = fill(value)
		case []string:
			all[key] = []string{fill(value[0])}
		}
	}
	return all
}

// met adds, for each statement that allows something, callers that meet all of its
// conditions: the principals that it names, in the places that it names, with the
// values that it names for what a caller can choose. Those of the fixed cast, who
// choose nothing, are there already.
func (l *list) met() {
	seen := map[string]bool{}
	for _, s := range l.statements() {
		if s.element["Effect"] != "Allow" {
			l.exempt(s)
			continue
		}
		for _, one := range Alternatives(s.element) {
			text, err := json.Marshal([]any{one["Principal"], one["NotPrincipal"], one["Condition"]})
			if err == nil && seen[string(text)] {
				continue
			}
			seen[string(text)] = true
			l.meets(statement{one})
		}
	}
}

// exempt adds callers that a Deny might spare: one in the OU for each value that it
// names for what a caller can choose.
func (l *list) exempt(s statement) {
	conditions, _ := s.element["Condition"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		keys, _ := conditions[name].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if isOneOf(key, identityKeys) || isOneOf(key, questionKeys) || strings.EqualFold(key, "kms:ViaService") {
				continue
			}
			for _, value := range world.List(keys[key]) {
				text := instance(fmt.Sprint(value))
				switch {
				case strings.Contains(strings.ToLower(name), "bool"):
					text = strconv.FormatBool(text == "false")
				case strings.Contains(strings.ToLower(name), "ipaddress"):
					text = addressIn(text)
				}
				said := map[string]any{key: text}
				l.add(l.role(Caller{Name: "All-powerful role in the OU" + with(said), Kind: Powerful, Path: l.sender, Powers: Everything, Says: said},
					l.outsider, administrator))
			}
		}
	}
}

// meets adds who meets the statement, which has one principal.
func (l *list) meets(s statement) {
	said := s.says(l.q)
	if names := s.services(); len(names) > 0 {
		for _, name := range names {
			l.meetsAsService(s, name, said)
		}
		return
	}
	for _, name := range s.principals("AWS") {
		principals := slices.Concat(s.values("aws:PrincipalArn"), s.values("aws:PrincipalAccount"), s.values("kms:CallerAccount"))
		named := name != "*" || len(principals) > 0
		places := s.places(l.q, "aws:PrincipalOrgID", "aws:PrincipalOrgPaths")
		if len(said) == 0 && (!named || len(places) == 0) {
			continue // it is in the cast
		}
		if len(places) == 0 {
			places = []place{{"in no organization", ""}, {"outside the OU", Root(l.q.Senders[0])}}
		}
		c := l.role(Caller{Name: "All-powerful role", Kind: Powerful, Powers: Everything}, l.outsider, administrator)
		if named {
			if name == "*" {
				name = principals[0]
			}
			title, arn, account, ok := l.who(name)
			if !ok || account == l.q.At.Account {
				continue
			}
			c = Caller{Name: title, Kind: Named, Powers: Everything, Principal: arn, Account: account}
		}
		for _, p := range places {
			one := c
			one.Name, one.Path = c.Name+" "+p.where, p.path
			one.Says = filled(said, one.Context())
			one.Name += with(one.Says)
			l.add(one)
		}
	}
}

func (l *list) meetsAsService(s statement, name string, said map[string]any) {
	arns, accounts := s.values("aws:SourceArn"), s.values("aws:SourceAccount")
	places := s.places(l.q, "aws:SourceOrgID", "aws:SourceOrgPaths")
	named := len(arns)+len(accounts) > 0
	if len(said) == 0 && (!named || len(places) == 0) {
		return // it is in the cast
	}
	if len(places) == 0 {
		places = []place{{"in no organization", ""}}
	}
	c := Caller{Name: "Service " + name + " for a resource", Kind: ServiceFor, Principal: name, SourceAccount: l.outsider}
	if len(accounts) > 0 {
		c.SourceAccount = accounts[0]
		c.Name += " of account " + accounts[0]
	}
	c.Source = "arn:aws:any:us-east-1:" + c.SourceAccount + ":resource"
	if len(arns) > 0 {
		c.Source, c.Name = arns[0], "Service "+name+" for "+arns[0]
	}
	for _, p := range places {
		one := c
		one.Name, one.Path = c.Name+" "+p.where, p.path
		one.Says = filled(said, one.Context())
		one.Name += with(one.Says)
		l.add(one)
	}
}

// places are those that the statement asks for, none if it does not.
func (s statement) places(q *asked.Queue, organization, paths string) []place {
	var all []place
	for _, path := range s.values(paths) {
		path = entity(path)
		where := "in " + path
		if path == q.Senders[0].String() {
			where = "in the OU"
		}
		all = append(all, place{where, path})
	}
	if len(all) > 0 {
		return all
	}
	for _, id := range s.values(organization) {
		if id = filledOrganization(id, q); id == q.Organization() {
			all = append(all, place{"outside the OU", Root(q.Senders[0])})
		} else {
			all = append(all, place{"in organization " + id, id + "/r-wxyz/ou-wxyz-anyou001"})
		}
	}
	return all
}

// filledOrganization is the id of an organization, or that of the queue where the
// statement has the variable for it.
func filledOrganization(id string, q *asked.Queue) string {
	if strings.EqualFold(id, "${aws:ResourceOrgID}") {
		return q.Organization()
	}
	return id
}

// with is what a caller says, in words.
func with(said map[string]any) string {
	if len(said) == 0 {
		return ""
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(said)) {
		value := said[key]
		if list, ok := value.([]string); ok {
			value = list[0]
		}
		all = append(all, fmt.Sprintf("%s %v", key, value))
	}
	return " with " + strings.Join(all, " and ")
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// who is a principal that a policy names, and a title for it. It is not ok if it names
// no account.
func (l *list) who(name string) (title, arn, account string, ok bool) {
	name = l.inAnAccount(name)
	administrators := func(id string) (string, string, string, bool) {
		return "Administrator of account " + id, l.q.At.Region.IAMARN(id, "role/"+administrator), id, true
	}
	if accountID.MatchString(name) {
		return administrators(name)
	}
	m := accountInARN.FindStringSubmatch(name)
	switch {
	case m == nil:
		return "", "", "", false
	case m[2] == "root":
		return administrators(m[1])
	}
	return name, name, m[1], address.CheckAccount(m[1]) == nil
}

// inAnAccount is an instance of a pattern of ARNs or account ids that has an account.
func (l *list) inAnAccount(name string) string {
	if digits := strings.ReplaceAll(name, "x", ""); digits != name && digits != "" && len(digits) < 12 && strings.Trim(digits, "0123456789") == "" {
		return digits + strings.Repeat("0", 12-len(digits)) // a pattern of account ids
	}
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 && strings.Contains(parts[4], "x") {
		parts[1], parts[4] = strings.ReplaceAll(parts[1], "x", "aws"), l.outsider
		return strings.Join(parts, ":")
	}
	return name
}
