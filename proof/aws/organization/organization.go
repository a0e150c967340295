// Package organization looks up where organizational units (OUs) and accounts
// are in an AWS Organization. Only its management account and a delegated
// administrator may ask.
package organization

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// A Unit is an OU or the root of an organization.
type Unit struct {
	ID    string
	Name  string
	Path  string // o-…/r-…/ou-…, without a trailing slash
	Depth int    // of the root 0
}

// https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
var ouID = regexp.MustCompile(`^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$`)

// IsID reports whether a text is the id of an OU, not a name.
func IsID(text string) bool { return ouID.MatchString(text) }

// ErrIncomplete is that an answer came without what was asked for, as from an
// emulator or from an API older than these fields.
var ErrIncomplete = errors.New("the answer is incomplete")

// ErrNone is that the caller's account is in no organization.
var ErrNone = errors.New("the account is in no organization")

// ID is the id of the organization that the caller's account is in. It is empty
// if the account is in none. Every account of an organization may ask.
func ID(ctx context.Context, client *organizations.Client) (string, error) {
	out, err := client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if none := (*types.AWSOrganizationsNotInUseException)(nil); errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if out.Organization == nil || aws.ToString(out.Organization.Id) == "" {
		return "", fmt.Errorf("%w: organizations:DescribeOrganization gave no id", ErrIncomplete)
	}
	return *out.Organization.Id, nil
}

// Find is the OU with an id; ok is false if there is none.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
func Find(ctx context.Context, client *organizations.Client, id string) (u Unit, ok bool, err error) {
	out, err := client.DescribeOrganizationalUnit(ctx, &organizations.DescribeOrganizationalUnitInput{OrganizationalUnitId: &id})
	if missing := (*types.OrganizationalUnitNotFoundException)(nil); errors.As(err, &missing) {
		return Unit{}, false, nil
	}
	if err != nil {
		return Unit{}, false, err
	}
	if out.OrganizationalUnit == nil || aws.ToString(out.OrganizationalUnit.Path) == "" {
		return Unit{}, false, fmt.Errorf("%w: organizations:DescribeOrganizationalUnit gave no path for %s", ErrIncomplete, id)
	}
	path := strings.TrimSuffix(*out.OrganizationalUnit.Path, "/")
	return Unit{ID: id, Name: aws.ToString(out.OrganizationalUnit.Name), Path: path, Depth: strings.Count(path, "/") - 1}, true, nil
}

// AccountPath is the path of the OU or root that an account is in, without a
// trailing slash; ok is false if the organization has no such account.
func AccountPath(ctx context.Context, client *organizations.Client, id string) (path string, ok bool, err error) {
	out, err := client.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: &id})
	if missing := (*types.AccountNotFoundException)(nil); errors.As(err, &missing) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	if out.Account == nil || len(out.Account.Paths) == 0 {
		return "", false, fmt.Errorf("%w: organizations:DescribeAccount gave no path for %s", ErrIncomplete, id)
	}
	// The path of an account ends in the account's own id.
	return strings.TrimSuffix(strings.TrimSuffix(out.Account.Paths[0], "/"), "/"+id), true, nil
}

// Tree is the root and every OU below it, parents before their children and
// children in the order of their names.
func Tree(ctx context.Context, client *organizations.Client) ([]Unit, error) {
	id, err := ID(ctx, client)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, ErrNone
	}
	var tree []Unit
	roots := organizations.NewListRootsPaginator(client, &organizations.ListRootsInput{})
	for roots.HasMorePages() {
		page, err := roots.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, root := range page.Roots {
			u := Unit{ID: aws.ToString(root.Id), Name: aws.ToString(root.Name)}
			u.Path = id + "/" + u.ID
			below, err := children(ctx, client, u)
			if err != nil {
				return nil, err
			}
			tree = append(append(tree, u), below...)
		}
	}
	return tree, nil
}

func children(ctx context.Context, client *organizations.Client, parent Unit) ([]Unit, error) {
	var direct []Unit
	pages := organizations.NewListOrganizationalUnitsForParentPaginator(client,
		&organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, ou := range page.OrganizationalUnits {
			u := Unit{ID: aws.ToString(ou.Id), Name: aws.ToString(ou.Name), Depth: parent.Depth + 1}
			u.Path = parent.Path + "/" + u.ID
			direct = append(direct, u)
		}
	}
	slices.SortFunc(direct, func(a, b Unit) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	var all []Unit
	for _, u := range direct {
		below, err := children(ctx, client, u)
		if err != nil {
			return nil, err
		}
		all = append(append(all, u), below...)
	}
	return all, nil
}
