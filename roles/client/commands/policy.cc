#include "kontena/access/policy.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/api/policies.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;
using Unit = access::QuotaRow::Unit;

constexpr std::int64_t billion = 1'000'000'000;

// Of the project that is named, or the current one; with --of-grid of the grid.
Result<std::string> policy_path(Session& session) {
  KTN_TRY(const std::string grid, session.link.grid());
  const auto& words = session.arguments.words;
  if (session.arguments.has("--of-grid")) {
    if (!words.empty()) return Error{Code::invalid_argument, "--of-grid and a project exclude each other"};
    return api::path(paths::grid_policy, {grid});
  }
  KTN_TRY(const std::string project, words.empty() ? session.link.project() : Result<std::string>(words[0]));
  return api::path(paths::project_policy, {grid, project});
}

std::string amount_text(const access::QuotaRow& row, std::int64_t amount) {
  if (row.unit == Unit::bytes) return text::human_bytes(amount);
  if (row.unit == Unit::count) return std::to_string(amount);
  std::string cpus = std::to_string(amount / billion);
  if (const std::int64_t rest = amount % billion / 10'000'000; rest != 0)
    cpus += '.' + std::to_string(100 + rest).substr(1);
  return cpus;
}

Result<std::int64_t> read_amount(const access::QuotaRow& row, const std::string& given) {
  const auto wrong = [&](const char* form) {
    return Error{Code::invalid_argument, "--quota " + std::string(row.name) + ": '" + given + "' is no amount", form};
  };
  if (row.unit == Unit::bytes) {
    const auto bytes = text::bytes(given);
    return bytes ? *bytes : Result<std::int64_t>(wrong("8g, 512m, or none"));
  }
  if (row.unit == Unit::count) {
    const auto count = text::integer(given);
    return count && *count >= 0 ? *count : Result<std::int64_t>(wrong("a number, or none"));
  }
  // Hundredths are exact; more digits than two say nothing here.
  const std::size_t point = std::min(given.find('.'), given.size());
  const auto whole = text::integer(given.substr(0, point));
  std::string rest = point < given.size() ? given.substr(point + 1) : "";
  if (!whole || *whole < 0 || *whole > 1'000'000 || rest.size() > 2 || (point < given.size() && rest.empty()))
    return wrong("4, 0.5, or none");
  rest.resize(2, '0');
  const auto hundredths = text::integer(rest);
  if (!hundredths || *hundredths < 0) return wrong("4, 0.5, or none");
  return *whole * billion + *hundredths * (billion / 100);
}

Status read_change(Session& session, api::PolicyChange& change) {
  const auto each = [&](std::string_view option, auto&& use) -> Status {
    for (const std::string& given : session.arguments.values(option))
      for (const std::string& name : text::split(given, ',')) KTN_OK(use(std::string(text::trim(name))));
    return Done{};
  };
  const auto is_switch = [](const std::string& name) {
    return std::ranges::find(access::switches(), name, &access::SwitchRow::name) != access::switches().end();
  };
  const auto say = [&](std::optional<bool> value) {
    return [&, value](const std::string& name) -> Status {
      if (name == "all") {
        for (const auto& row : access::switches()) change.allow[std::string(row.name)] = value;
        return Done{};
      }
      if (!is_switch(name))
        return Error{Code::invalid_argument, "there is no switch '" + name + "'",
                     "kontena client policy show lists them"};
      change.allow[name] = value;
      return Done{};
    };
  };
  KTN_OK(each("--inherit", say(std::nullopt)));
  KTN_OK(each("--allow", say(true)));
  KTN_OK(each("--deny", say(false)));
  KTN_OK(each("--quota", [&](const std::string& given) -> Status {
    const std::size_t equals = std::min(given.find('='), given.size());
    const auto row = std::ranges::find(access::quotas(), given.substr(0, equals), &access::QuotaRow::name);
    if (row == access::quotas().end() || equals == given.size())
      return Error{Code::invalid_argument, "--quota: '" + given + "' is not NAME=AMOUNT",
                   "kontena client policy show lists the names; memory=8g"};
    const std::string amount = given.substr(equals + 1);
    if (amount == "none") {
      change.quotas[std::string(row->name)] = std::nullopt;
      return Done{};
    }
    KTN_TRY(change.quotas[std::string(row->name)], read_amount(*row, amount));
    return Done{};
  }));
  const auto registries = session.arguments.values("--registries");
  if (registries.size() == 1 && registries[0] == "inherit") {
    change.change_registries = true;
    return Done{};
  }
  return each("--registries", [&](const std::string& name) -> Status {
    if (!change.registries) change.registries.emplace();
    change.change_registries = true;
    change.registries->push_back(name);
    return Done{};
  });
}

std::string policy_text(Session& session, const api::PolicyAnswer& policy) {
  Table table({policy.project.empty() ? "GRID" : "PROJECT " + policy.project, "MAY", "SAID BY", "WHAT IT IS"});
  for (const auto& row : access::switches()) {
    const std::string name(row.name);
    const auto own = policy.own.allow.find(name);
    const bool said = own != policy.own.allow.end();
    if (policy.project.empty()) {
      table.add({name, said ? (own->second ? "yes" : "no") : "-", said ? "grid" : "", std::string(row.says)});
      continue;
    }
    const bool counts = policy.allow.at(name);
    // What is said here and does not count is denied by the grid.
    table.add({name, counts ? "yes" : "no",
               said && own->second == counts ? "project"
               : said                        ? "grid"
                                             : "",
               std::string(row.says)});
  }
  std::string text = table.text(session.look);
  Table amounts({"QUOTA", "USED", "MOST", "WHAT IT IS"});
  for (const auto& row : access::quotas()) {
    const auto most = policy.quotas.find(std::string(row.name)), used = policy.used.find(std::string(row.name));
    amounts.add({std::string(row.name), used == policy.used.end() ? "" : amount_text(row, used->second),
                 most == policy.quotas.end() ? "-" : amount_text(row, most->second), std::string(row.says)});
  }
  text += '\n' + amounts.text(session.look);
  if (policy.registries)
    text += "\nimages only of " + (policy.registries->empty() ? "none" : text::join(*policy.registries, ", ")) + '\n';
  return text;
}

}  // namespace

Result<int> policy_show(Session& session) {
  KTN_TRY(std::string path, policy_path(session));
  KTN_TRY(const api::PolicyAnswer policy, session.link.get<api::PolicyAnswer>(std::move(path)));
  return session.show(policy, policy.project, [&] { return policy_text(session, policy); });
}

Result<int> policy_set(Session& session) {
  api::PolicyChange change;
  KTN_OK(read_change(session, change));
  if (change.allow.empty() && change.quotas.empty() && !change.change_registries)
    return Error{Code::invalid_argument, "nothing is to be set",
                 "--allow binds, --quota memory=8g, --registries docker.io/library"};
  KTN_TRY(std::string path, policy_path(session));
  KTN_TRY(const api::PolicyAnswer policy,
          session.link.send<api::PolicyAnswer>(http::Method::post, std::move(path), change));
  session.note(policy.project.empty() ? "the grid's policy is set"
                                      : "the policy of project " + policy.project + " is set");
  if (session.look.quiet || session.look.machine()) session.show(policy, policy.project, [] { return std::string(); });
  return 0;
}

}  // namespace kontena::client
