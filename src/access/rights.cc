#include "kontena/access/rights.h"

#include <algorithm>

namespace kontena::access {
namespace {

std::string subject_of(model::SubjectKind kind, const std::string& name) {
  // The key of a binding that has neither scope nor role, up to its '#'.
  std::string key = model::binding_key({.kind = kind, .subject = name});
  key.pop_back();
  return key;
}

// Whether the scope of a record, which is of a stack of the place's project, holds the place's stack:
// as holds() says, without taking it apart.
bool holds_stack(std::string_view scope, const Scope& place) {
  scope.remove_prefix(std::min(scope.size(), place.grid.size() + place.project.size() + 2));
  if (scope == place.stack) return true;
  return place.stack.find('*') == std::string::npos && matches(scope, place.stack);
}

// Places lie in one another or have nothing in common.
bool meet(const Scope& a, const Scope& b) { return holds(a, b) || holds(b, a); }

}  // namespace

std::optional<Verbs> verbs_of_role(const model::ClusterView& view, std::string_view role) {
  if (const RoleRow* row = find_built_in(role)) return row->verbs;
  const model::Role* made = view.roles.get(role);
  if (!made) return std::nullopt;
  Verbs verbs;
  for (const std::string& each : made->verbs)
    if (const auto verb = find_verb(each)) verbs = verbs | Verbs{*verb};
  return verbs;
}

Rights::Rights(const model::ClusterView& view, const model::User& user, Limit limit,
               const std::vector<std::string>& groups)
    : view_(&view), user_(user.name), limit_(std::move(limit)) {
  subjects_.push_back(subject_of(model::SubjectKind::user, user.name));
  for (const auto* list : {&user.groups, &groups})
    for (const std::string& group : *list) subjects_.push_back(subject_of(model::SubjectKind::group, group));
}

Verbs Rights::verbs_of(const model::Binding& binding) const {
  const auto verbs = verbs_of_role(*view_, binding.role);
  if (!verbs) return {};  // a role that was removed gives nothing
  return limit_.verbs ? *verbs & *limit_.verbs : *verbs;
}

// Calls use(item) for each binding that holds the place, until it answers true. The commonest first,
// and nothing is put together anew: this is done for every request.
void Rights::each_at(const Scope& place, auto&& use) const {
  if (!view_ || !holds(limit_.scope, place)) return;
  bool done = false;
  std::string key;
  const auto under = [&](char end, bool patterns) {
    if (done) return;
    key += end;
    view_->bindings.each(key, [&](const auto& item) {
      if (done || (patterns && !holds_stack(item.value.scope, place))) return;
      done = use(item);
    });
    key.pop_back();
  };
  for (const std::string& subject : subjects_) {
    key.assign(subject);
    if (!place.grid.empty()) {
      key += place.grid;
      const std::size_t grid = key.size();
      if (!place.project.empty()) {
        (key += '/') += place.project;
        under('#', false);
        if (!place.stack.empty()) under('/', true);
        key.resize(grid);
      }
      under('#', false);
      key.resize(subject.size());
    }
    under('#', false);
    if (done) return;
  }
}

Decision Rights::decide(Verb verb, const Scope& place) const {
  Decision decision;
  bool left_out = false;  // the token is what stands in the way
  if (view_ && !holds(limit_.scope, place)) left_out = true;
  each_at(place, [&](const auto& item) {
    if (!verbs_of(item.value).has(verb)) {
      const auto whole = verbs_of_role(*view_, item.value.role);
      left_out = left_out || (whole && whole->has(verb));
      return false;
    }
    decision.allowed = true;
    decision.binding = item.key;
    return true;
  });
  if (decision.allowed) return decision;
  const std::string wanted = "'" + std::string(name(verb)) + "' at " + place.shown();
  decision.missing = left_out ? "this token does not reach to " + wanted : "no role gives '" + user_ + "' " + wanted;
  return decision;
}

bool Rights::reaches(const Scope& place, std::optional<Verb> verb) const {
  if (!view_ || !meet(limit_.scope, place)) return false;
  bool found = false;
  std::string key;
  const auto look = [&] {
    view_->bindings.each(key, [&](const auto& item) {
      if (found) return;
      const Verbs verbs = verbs_of(item.value);
      if (verb ? !verbs.has(*verb) : verbs.empty()) return;
      // Where nothing narrows it each that is looked at here meets the place.
      if (place.stack.empty() && limit_.scope.grid.empty()) {
        found = true;
        return;
      }
      const auto scope = parse_scope(item.value.scope);
      found = scope && meet(*scope, place) && meet(*scope, limit_.scope);
    });
  };
  const auto under = [&](char end) {
    if (found) return;
    key += end;
    look();
    key.pop_back();
  };
  for (const std::string& subject : subjects_) {
    if (found) return true;
    key.assign(subject);
    if (place.grid.empty()) {
      look();  // all there are
      continue;
    }
    under('#');
    key += place.grid;
    under('#');
    if (!place.project.empty()) {
      (key += '/') += place.project;
      under('#');
    }
    under('/');
  }
  return found;
}

Verbs Rights::all_at(const Scope& place) const {
  Verbs all;
  each_at(place, [&](const auto& item) {
    all = all | verbs_of(item.value);
    return false;
  });
  return all;
}

std::vector<const model::Binding*> Rights::bindings() const {
  std::vector<const model::Binding*> all;
  if (!view_) return all;
  for (const std::string& subject : subjects_)
    view_->bindings.each(subject, [&](const auto& item) { all.push_back(&item.value); });
  return all;
}

}  // namespace kontena::access
