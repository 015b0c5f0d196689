#include "kontena/api/network.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/ipv4.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

// "web-1.shop.default.main.kontena.local" → "shop/web-1", with `tail` from ".default" on.
// Names of services may have dots, those of stacks have none.
std::string instance_of(const model::Member& member, std::string_view tail) {
  if (!member.full.ends_with(tail)) return plain_text(member.full);
  const std::string head = member.full.substr(0, member.full.size() - tail.size());
  const auto stack = head.rfind('.');
  return stack == std::string::npos ? head : head.substr(stack + 1) + '/' + head.substr(0, stack);
}

std::string subnets_of(const api::NetworkSummary& network) {
  return network.subnet + (network.subnet6.empty() ? "" : ", " + network.subnet6);
}

std::string network_text(Session& session, const std::string& grid, const api::NetworkDetail& detail) {
  const api::NetworkSummary& network = detail.summary;
  Look plain = session.look;
  plain.headers = false;
  Table facts({});
  if (!network.stack.empty()) facts.add({"stack", network.stack});
  facts.add({"subnet", network.subnet + (network.declared ? ", declared" : ", given by the grid")});
  facts.add({"gateway", network.gateway});
  const bool has_ipv6 = !network.subnet6.empty();
  if (has_ipv6) facts.add({"IPv6", network.subnet6 + ", gateway " + network.gateway6});
  if (network.internal) facts.add({"internal", "no way out of it"});
  facts.add({"instances", std::to_string(network.instances) + " on " + count_text(network.nodes, "node")});
  facts.add({"free", std::to_string(network.free_addresses) + " addresses"});
  facts.add({"made", time_text(network.created_ms)});
  std::string text = paint(network.name, Tone::strong, session.look.colour_out) + '\n' + facts.text(plain);
  if (detail.members.empty()) return text;
  auto members = detail.members;
  std::ranges::stable_sort(members, {}, [](const model::Member& m) { return parse_ipv4(m.address).value_or(Ipv4{}); });
  const std::string tail = '.' + network.project + '.' + grid + ".kontena.local";
  std::vector<std::string> headers{"ADDRESS", "INSTANCE", "NODE", "UP"};
  if (has_ipv6) headers.insert(headers.begin() + 1, "IPV6");
  Table table(headers);
  for (const model::Member& member : members) {
    std::vector<Cell> row{member.address, instance_of(member, tail), *member.node, member.up ? Cell("yes") : Cell("no", Tone::bad)};
    if (has_ipv6) row.insert(row.begin() + 1, Cell(member.address6.empty() ? "-" : member.address6));
    table.add(std::move(row));
  }
  return text + '\n' + table.text(session.look);
}

}  // namespace

Result<int> network_create(Session& session) {
  api::NetworkRequest request{.name = session.arguments.words[0],
                              .subnet = session.arguments.value("--subnet"),
                              .gateway = session.arguments.value("--gateway"),
                              .ip_range = session.arguments.value("--ip-range"),
                              .internal = session.arguments.has("--internal"),
                              .ipv6 = session.arguments.has("--ipv6"),
                              .subnet6 = session.arguments.value("--subnet6"),
                              .gateway6 = session.arguments.value("--gateway6")};
  for (const std::string& label : session.arguments.values("--label")) KTN_OK(add_label(label, request.labels));
  KTN_TRY(std::string path, session.link.path(paths::networks));
  KTN_TRY(const api::NetworkSummary network,
          session.link.send<api::NetworkSummary>(http::Method::post, std::move(path), request));
  session.note("network " + network.name + " is made: " + subnets_of(network) +
               "; Compose files name it with `external: true`");
  if (session.look.quiet || session.look.machine()) session.show(network, network.name, [] { return std::string(); });
  return 0;
}

Result<int> network_ls(Session& session) {
  KTN_TRY(std::string path, session.link.path(paths::networks));
  KTN_TRY(const api::NetworkList list, session.link.get<api::NetworkList>(std::move(path)));
  return session.list(
      list.networks, {"NAME", "STACK", "SUBNET", "INSTANCES", "NODES", "FREE"},
      [](const api::NetworkSummary& n) -> std::vector<Cell> {
        return {n.name, n.stack.empty() ? "-" : n.stack, subnets_of(n), n.instances, n.nodes, n.free_addresses};
      },
      [](const api::NetworkSummary& n) { return n.name; });
}

Result<int> network_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove network " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_TRY(std::string path, session.link.path(paths::network, {name}));
    KTN_OK(session.link.remove(std::move(path)));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("network " + name + " is removed");
    return Done{};
  });
}

Result<int> network_show(Session& session) {
  KTN_TRY(std::string path, session.link.path(paths::network, {session.arguments.words[0]}));
  KTN_TRY(const api::NetworkDetail detail, session.link.get<api::NetworkDetail>(std::move(path)));
  KTN_TRY(const std::string grid, session.link.grid());
  return session.show(detail, detail.summary.name, [&] { return network_text(session, grid, detail); });
}

}  // namespace kontena::client
