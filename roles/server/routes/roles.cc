#include "../people.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/people.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

// Who has the role, somewhere; "" = nobody.
std::string holder_of(const ClusterView& view, const std::string& role) {
  std::string holder;
  view.bindings.each("", [&](const auto& item) {
    if (item.value.role == role && holder.empty()) holder = item.value.subject + " at /" + item.value.scope;
  });
  return holder;
}

}  // namespace

Result<Answer> list_roles(const Context&, const ClusterView& view, const Call&) {
  api::RoleList list;
  for (const access::RoleRow& row : access::built_in_roles())
    list.roles.push_back({std::string(row.name), std::string(row.says), row.verbs.names(), true});
  view.roles.each("", [&](const auto& item) { list.roles.push_back({item.value.name, item.value.description, item.value.verbs, false}); });
  return answer(list);
}

Result<Change> create_role(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::RoleRequest asked, body_of<api::RoleRequest>(call));
  const std::string name = call.at("role");
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name.substr(0, 100) + "' cannot be a role's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  KTN_OK(check_readable(view, store::roles.key(name)));
  if (access::find_built_in(name) || view.roles.get(name))
    return Error{Code::already_exists, "role '" + name + "' is there already"};
  if (asked.description.size() > 200) return Error{Code::invalid_argument, "the description is longer than 200 bytes"};
  access::Verbs verbs;
  for (const std::string& each : asked.verbs) {
    const auto verb = access::find_verb(each);
    if (!verb) return Error{Code::invalid_argument, "there is no verb '" + each.substr(0, 100) + "'", "kontena client role ls shows those of the built-in roles"};
    verbs = verbs | access::Verbs{*verb};
  }
  if (verbs.empty()) return Error{Code::invalid_argument, "a role needs a verb"};
  // Else it would be theirs the moment it is made.
  if (const std::string holder = holder_of(view, name); !holder.empty())
    return Error{Code::failed_precondition, "a role '" + name + "' of before is still given: to " + holder, "kontena client binding rm"};
  const model::Role role{name, asked.description, verbs.names(), to_ms(call.now), call.who.text()};
  Change change{.reply = json(api::RoleSummary{name, role.description, role.verbs, false}, 201), .resource = name};
  change.commit.unchanged = {{store::roles.key(name), 0}};
  change.commit.puts = {store::roles.put(name, role)};
  return change;
}

Result<Change> remove_role(const Context&, const ClusterView& view, const Call& call) {
  const std::string name = call.at("role");
  if (access::find_built_in(name)) return Error{Code::failed_precondition, "role '" + name + "' is built in, and stays"};
  const auto* item = view.roles.find(name);
  if (!item) return absent("role", name, "kontena client role ls");
  if (const std::string holder = holder_of(view, name); !holder.empty())
    return Error{Code::failed_precondition, "role '" + name + "' is given: to " + holder, "kontena client binding rm"};
  Change change{.reply = {200, "{}"}, .resource = name};
  change.commit.unchanged = {unchanged(store::roles, *item)};
  change.commit.deletes = {store::roles.key(name)};
  KTN_OK(keep_administrator(view, call.now, change.commit));
  return change;
}

}  // namespace kontena::server
