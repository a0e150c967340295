package organization

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"example.com/shared-queue/address"
)

// A Visit gets each unit as soon as AWS has named it, with the units above it,
// the root first. It says whether to look at what is below. One is called at a
// time.
type Visit func(above []Unit, u Unit) (below bool)

// A Progress is how far a walk is. It may be read meanwhile.
type Progress struct {
	Seen  atomic.Int64 // OUs that AWS has named
	Below atomic.Int64 // OUs that were looked below
}

// Walk visits the root and the OUs below it: those of one level before those of
// the next, in no order within a level. The client should be one of [NewClient],
// as several parents are asked about at once. No OU is asked about that is as
// deep as an organization goes.
func Walk(ctx context.Context, client *organizations.Client, far *Progress, visit Visit) error {
	id, err := ID(ctx, client)
	if err != nil {
		return err
	}
	if id == "" {
		return ErrNone
	}
	level, err := roots(ctx, client, id, visit)
	for depth := 0; err == nil && len(level) > 0 && depth < address.MaxDepth; depth++ {
		level, err = next(ctx, client, level, far, visit)
	}
	return err
}

// A branch is the units from the root down to one.
type branch []Unit

func (b branch) end() Unit { return b[len(b)-1] }

// and is the branch with one more, in memory of its own.
func (b branch) and(u Unit) branch { return append(append(branch{}, b...), u) }

func roots(ctx context.Context, client *organizations.Client, organization string, visit Visit) ([]branch, error) {
	var level []branch
	pages := organizations.NewListRootsPaginator(client, &organizations.ListRootsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, root := range page.Roots {
			u := Unit{ID: aws.ToString(root.Id), Name: aws.ToString(root.Name)}
			u.Path = organization + "/" + u.ID
			if visit(nil, u) {
				level = append(level, branch{u})
			}
		}
	}
	return level, nil
}

// next is the level below, of the units whose visit says so.
func next(ctx context.Context, client *organizations.Client, level []branch, far *Progress, visit Visit) ([]branch, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu    sync.Mutex // for what follows, and for visit
		below []branch
		first error
		wait  sync.WaitGroup
		slots = make(chan struct{}, burst)
	)
	for _, b := range level {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			err := children(ctx, client, b.end(), func(u Unit) {
				far.Seen.Add(1)
				mu.Lock()
				defer mu.Unlock()
				if first == nil && visit(b, u) {
					below = append(below, b.and(u))
				}
			})
			if len(b) > 1 {
				far.Below.Add(1)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil && first == nil {
				first = err
				cancel() // the others' errors only follow from it
			}
		})
	}
	wait.Wait()
	return below, first
}

// errTwice means that a list would never end.
var errTwice = errors.New("AWS Organizations gave the same page twice")

func children(ctx context.Context, client *organizations.Client, parent Unit, found func(Unit)) error {
	pages := organizations.NewListOrganizationalUnitsForParentPaginator(client,
		&organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent.ID})
	last := ""
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, ou := range page.OrganizationalUnits {
			u := Unit{ID: aws.ToString(ou.Id), Name: aws.ToString(ou.Name)}
			u.Path = parent.Path + "/" + u.ID
			found(u)
		}
		if token := aws.ToString(page.NextToken); token != "" && token == last {
			return errTwice
		}
		last = aws.ToString(page.NextToken)
	}
	return nil
}
