#include "host_use.h"

#include "ipv6.h"

#include "kontena/base/log.h"
#include "kontena/netlink/host.h"
#include "kontena/netlink/links.h"
#include "kontena/overlay/plan.h"

namespace kontena::agent {
namespace {

constexpr Duration between_looks{15'000};

bool is_ours(const std::string& device) { return device == overlay::device || device.starts_with(overlay::bridge_prefix); }

Subnet around(const netlink::Address& address) {
  const std::uint32_t mask = address.bits == 0 ? 0 : ~std::uint32_t{0} << (32 - address.bits);
  return {{address.address.value & mask}, address.bits};
}

Result<std::vector<overlay::Used>> kernels_use() {
  std::vector<overlay::Used> used;
  KTN_TRY(const auto routes, netlink::host_routes());
  for (const netlink::HostRoute& route : routes) {
    if (route.ours || is_ours(route.device)) continue;
    std::string by = route.device.empty() ? "a route to nowhere" : "the route by " + route.device;
    if (route.gateway) by += " (gateway " + to_text(*route.gateway) + ')';
    used.push_back({route.to, std::move(by)});
  }
  KTN_TRY(auto links, netlink::Links::open());
  KTN_TRY(const auto all, links.list());
  for (const netlink::Link& link : all) {
    if (is_ours(link.name)) continue;
    KTN_TRY(const auto addresses, links.addresses(link.index));
    for (const netlink::Address& address : addresses) {
      const Subnet subnet = around(address);
      const bool has_route = std::ranges::any_of(used, [&](const auto& one) { return one.subnet == subnet; });
      if (!has_route) used.push_back({subnet, "the address " + to_text(address.address) + " of " + link.name});
    }
  }
  return used;
}

std::string overlap_of(const std::string& pool, engine::Engine& engine) {
  const auto subnet = parse_subnet(pool);
  auto used = host_use(engine);
  if (!subnet || !used) return "";
  const auto overlaps = overlay::overlaps(*subnet, *std::move(used));
  return overlaps.empty() ? "" : overlay::overlap_text(overlaps);
}

}  // namespace

Result<std::vector<overlay::Used>> host_use(engine::Engine& engine) {
  KTN_TRY(auto used, kernels_use());
  const auto subnets = engine.subnets();
  if (!subnets) return used;  // the kernel has routes to most of it all the same
  for (const engine::EngineSubnet& one : *subnets)
    if (const auto subnet = parse_subnet(one.subnet)) used.push_back({*subnet, one.by});
  return used;
}

Status check_pool(const std::string& pool, engine::Engine& engine) {
  const std::string overlap = overlap_of(pool, engine);
  if (overlap.empty()) return Done{};
  return Error{Code::failed_precondition,
               "this host uses addresses of the grid's pool " + pool + " for something else: " + overlap,
               "give the grid another pool while it is empty (kontena client grid set --pool SUBNET), or free the addresses; "
               "--ignore-pool-overlap joins all the same"};
}

PoolWatch::PoolWatch(Context context, Synced<MeshState>& mesh) : context_(std::move(context)), mesh_(mesh), ipv6_(host_has_ipv6()) {}

void PoolWatch::step() {
  // Of what the server tells the pool alone is a reason: members come and go all the time.
  mesh_.wait(between_looks, [&](const MeshState& s) { return s.wanted->pool != pool_ || s.stopping; });
  const auto [pool, stopping, told] =
      mesh_.with([](const MeshState& s) { return std::tuple(s.wanted->pool, s.stopping, s.pool_problem); });
  if (stopping) return;
  pool_ = pool;
  const std::string overlap = overlap_of(pool, context_.engine);
  const std::string problem =
      overlap.empty() ? "" : "the grid's pool " + pool + " overlaps with what this host uses: " + overlap;
  const bool switched = host_has_ipv6() != ipv6_;
  if (switched) ipv6_ = !ipv6_;
  if (problem == told && !switched) return;
  if (!problem.empty()) log::warn("addresses are in use twice", {{"reason", problem}});
  mesh_.change([&](MeshState& s) { s.pool_problem = problem; });
  context_.state.change([](State& s) { s.report_facts = true; });
}

}  // namespace kontena::agent
