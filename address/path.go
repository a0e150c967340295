package address

import (
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/internal/problem"
)

var (
	organizationID = regexp.MustCompile(`^` + organizationForm + `$`)
	rootID         = regexp.MustCompile(`^` + rootForm + `$`)
	ouID           = regexp.MustCompile(`^` + ouForm + `$`)
)

// MaxDepth is how many OUs deep an organization goes below its root.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const MaxDepth = 5

const (
	allowedPath = "an OU path o-…/r-…/ou-…, from the organization's id down to the OU"
	lookUp      = "look the path up as docs/settings.md shows under \"Find an OU's path\""
)

// A Path is the place of an organizational unit (OU) in its AWS Organization.
// AWS calls it the entity path: the organization's id, the root's id, then the
// id of every OU from the root down.
//
//	o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev
//
// Paths can be compared with ==. The zero Path names no OU; [ParsePath] makes
// all others.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html#access_policies_last-accessed-viewing-orgs-entity-path
type Path struct {
	entity string // without a trailing slash
}

// ParsePath reads a path in any of three forms: as people write it
// (o-…/r-…/ou-…), as the Organizations API returns it (with a trailing /), and
// as policies write it (with a trailing /*). All three give the same Path. It
// refuses an organization's root, a path with an account in it, and other
// wildcards. The error is one line: the value, what is allowed, and the cure.
func ParsePath(s string) (Path, error) {
	entity := strings.TrimSuffix(strings.TrimSuffix(s, "*"), "/")
	if strings.HasSuffix(s, "*") && !strings.HasSuffix(s, "/*") {
		entity = s
	}
	wrong := func(allowed, cure string) (Path, error) {
		if plain := strings.TrimSpace(s); plain != s && OUPath.Takes(plain) {
			cure = "remove the space around it"
		}
		return Path{}, problem.New(s, allowed, cure)
	}
	if s == "" {
		return wrong(allowedPath, lookUp)
	}
	if strings.ContainsAny(entity, "*?$") {
		return wrong(allowedPath+", no wildcard but a closing /*", "name each OU by its full id")
	}

	ids := strings.Split(entity, "/")
	for _, id := range ids {
		switch {
		case id == "":
			return wrong(allowedPath+" with no empty element", "remove the extra slash")
		case AccountID.Takes(id):
			return wrong("an OU path, no account in it", "end the path at the account's OU")
		}
	}
	if !organizationID.MatchString(ids[0]) {
		return wrong("a path that starts with an organization id, o- and 10 to 32 lower-case letters or digits", lookUp)
	}
	if len(ids) == 1 || !rootID.MatchString(ids[1]) {
		return wrong("a root id after the organization id, r- and 4 to 32 lower-case letters or digits", lookUp)
	}
	ous := ids[2:]
	if len(ous) == 0 {
		return wrong(allowedPath, "add the OU's id: a root is the whole organization")
	}
	if len(ous) > MaxDepth {
		return wrong("at most five OUs, as deep as an organization goes", lookUp)
	}
	root := strings.TrimPrefix(ids[1], "r-")
	for i, id := range ous {
		if !ouID.MatchString(id) {
			return wrong("OU ids of the form ou-<root>-<id>: lower-case letters and digits, 8 to 32 of them after the root", lookUp)
		}
		if !strings.HasPrefix(id, "ou-"+root+"-") {
			return wrong("OU ids that begin with ou-"+root+"-, as their root does", "take the root and the OU from one organization")
		}
		if slices.Contains(ous[:i], id) {
			return wrong("each OU once, as no OU is inside itself", "remove one "+id)
		}
	}
	return Path{entity}, nil
}

// IsOU reports whether s is the id of an OU, as ou-wxyz-jklm1dev.
func IsOU(s string) bool { return ouID.MatchString(s) }

// IsZero reports whether p is the zero Path, which names no OU.
func (p Path) IsZero() bool { return p == Path{} }

// Organization is the id of the OU's organization. Only this id is globally
// unique: the ids of roots and OUs are unique within one organization.
func (p Path) Organization() string {
	id, _, _ := strings.Cut(p.entity, "/")
	return id
}

// Root is the id of the organization's root.
func (p Path) Root() string {
	ids := strings.SplitN(p.entity, "/", 3)
	return ids[min(1, len(ids)-1)]
}

// OU is the id of the OU itself, the last of the path.
func (p Path) OU() string { return p.entity[strings.LastIndex(p.entity, "/")+1:] }

// Contains reports whether the other OU is this one or below it.
func (p Path) Contains(other Path) bool {
	return strings.HasPrefix(other.entity+"/", p.entity+"/")
}

// Overlap reports whether an account can be in OUs of both.
func Overlap(a, b []Path) bool {
	return slices.ContainsFunc(a, func(a Path) bool {
		return slices.ContainsFunc(b, func(b Path) bool { return a.Contains(b) || b.Contains(a) })
	})
}

// Pattern is the path as a value of a policy condition on
// aws:PrincipalOrgPaths. It matches principals of accounts in the OU and in
// every OU below it. The slash before the wildcard excludes a sibling OU whose
// id starts with the same characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
func (p Path) Pattern() string { return p.entity + "/*" }

// String is the path without a trailing slash.
func (p Path) String() string { return p.entity }
