// Package organization looks up where organizational units (OUs) and accounts
// are in an AWS Organization. Only its management account and a delegated
// administrator may ask.
package organization

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/proof/aws/text"
)

// A Unit is an OU or the root of an organization.
type Unit struct {
	ID   string
	Name string // as somebody chose it: package text makes it harmless to print
	Path string // o-…/r-…/ou-…, without a trailing slash
}

// ErrIncomplete means that an answer came without what was asked for, as from an
// emulator or from an API older than these fields.
var ErrIncomplete = errors.New("the answer is incomplete")

// ErrNone means that the caller's account is in no organization.
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
		return Unit{}, false, fmt.Errorf("%w: organizations:DescribeOrganizationalUnit gave no path for %s", ErrIncomplete, text.Name(id))
	}
	path := strings.TrimSuffix(*out.OrganizationalUnit.Path, "/")
	return Unit{ID: id, Name: aws.ToString(out.OrganizationalUnit.Name), Path: path}, true, nil
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
