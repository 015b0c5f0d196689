#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/access/verb.h"
#include "kontena/model/view.h"

// Who may what: nothing but what a binding gives, and of that no more than the token lets.
namespace kontena::access {

// What a token leaves of what its owner may.
struct Limit {
  Scope scope;                 // only there
  std::optional<Verbs> verbs;  // only these; absent = all
};

// The binding that gives something, or what is missing.
struct Decision {
  bool allowed = false;
  std::string binding;  // its key, where allowed
  std::string missing;  // a clause, where not: "no binding of 'ann' has the verb 'deploy' there"
};

// The rights of one caller at one view. Costs nothing to make; a question costs a look-up
// for each of the caller's groups, whatever the number of bindings. Keeps pointers into the
// view: not longer than that. Safe from any thread.
class Rights {
 public:
  Rights() = default;  // may nothing
  // The groups are those that the user has besides their own, for a session.
  Rights(const model::ClusterView&, const model::User&, Limit = {}, const std::vector<std::string>& groups = {});

  bool may(Verb verb, const Scope& place) const { return decide(verb, place).allowed; }
  Decision decide(Verb, const Scope& place) const;

  // Whether they have the verb, or any where none is named, at the place or somewhere
  // below it. Who reaches a grid may know that it is there, and no more of it than they may.
  bool reaches(const Scope& place, std::optional<Verb> = std::nullopt) const;

  // The verbs that they have at the place, for whoever is to give some away.
  Verbs all_at(const Scope& place) const;

  // Each binding of theirs, a group's too.
  std::vector<const model::Binding*> bindings() const;

 private:
  void each_at(const Scope& place, auto&& use) const;
  Verbs verbs_of(const model::Binding&) const;

  const model::ClusterView* view_ = nullptr;
  std::string user_;
  std::vector<std::string> subjects_;  // "user/ann/", "group/ops/"
  Limit limit_;
};

// The verbs of a role, built in or made; nothing where there is none of the name.
std::optional<Verbs> verbs_of_role(const model::ClusterView&, std::string_view role);

}  // namespace kontena::access
