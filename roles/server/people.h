#pragma once

#include "kontena/api/people.h"
#include "kontena/base/clock.h"
#include "kontena/base/result.h"
#include "kontena/model/view.h"
#include "kontena/store/store.h"
#include "routes.h"

// Accounts, and what must hold for all of them together.
namespace kontena::server {

inline constexpr std::string_view first_user = "admin";

// Code::failed_precondition where after the commit nobody could administer the server any
// more: nobody enabled has all of the server and a way to show who they are. What comes of
// a provider counts for nothing here: it may be away. Of two who take away what the other
// relies on, one is late: the commit rests on whom was found.
Status keep_administrator(const model::ClusterView&, Time now, store::Commit&);

// What is still there of an account of that name goes: nobody is to inherit it.
void drop_belongings(const model::ClusterView&, const std::string& name, store::Commit&);

// What was given at a place that goes, or below it, goes along: policies, and who may what. Of
// another place of the name, later, nobody has what they had of this one.
void drop_given(const model::ClusterView&, const std::string& scope, store::Commit&);

// That the caller has all that the user has, everywhere: else a change of their account, their
// code or token would be a way to more.
Status check_covers(const model::ClusterView&, const Call&, const model::User&);

// That the caller's token is not narrower than its owner: such a one makes no others.
Status check_whole_token(const model::ClusterView&, const Call&);

std::vector<api::Given> roles_of(const access::Rights&);

// A store of before there were accounts, or a new one: makes the first administrator, whom
// the tokens belong to that have no owner. Once, in one commit.
Status make_first_user(store::Store&, Time now);

}  // namespace kontena::server
