#include "kontena/overlay/plan.h"

#include <algorithm>

#include "kontena/crypto/digest.h"

namespace kontena::overlay {
namespace {

constexpr int smallest_subnet_bits = 29;
constexpr int smallest_pool_bits = 19;
constexpr int smallest_subnet6_bits = 96;
constexpr int largest_subnet6_bits = 48;

bool is_private(const Subnet& subnet) {
  static const Subnet spaces[] = {*parse_subnet("10.0.0.0/8"), *parse_subnet("172.16.0.0/12"),
                                  *parse_subnet("192.168.0.0/16"), *parse_subnet("100.64.0.0/10")};
  return std::ranges::any_of(spaces, [&](const Subnet& space) { return space.contains(subnet); });
}

constexpr std::string_view private_hint = "take one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10";

// Sorted by base, overlapping ones side by side; a large one may reach over many.
template <class Net>
const std::pair<const Net, std::string>* overlapping(const Net& subnet, const std::map<Net, std::string>& taken) {
  auto at = taken.lower_bound(Net{subnet.base, 0});
  if (at != taken.end() && at->first.overlaps(subnet)) return &*at;
  while (at != taken.begin()) {
    --at;
    if (at->first.overlaps(subnet)) return &*at;
  }
  return nullptr;
}

// Of a network that has no name here nobody is told more than that it is in the way.
template <class Net>
Error taken_by(const Net& subnet, const std::pair<const Net, std::string>& other) {
  const std::string hint = "declare another, or none: the grid then gives one";
  if (other.second.empty())
    return {Code::failed_precondition, "the subnet " + to_text(subnet) + " overlaps one that is taken in the grid", hint};
  return {Code::failed_precondition,
          "the subnet " + to_text(subnet) + " overlaps " + to_text(other.first) + " of network '" + other.second + "'", hint};
}

Subnet node_part(const Subnet& pool) { return {pool.base, 20}; }

std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, 8)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

Result<Subnet> read_pool(std::string_view text) {
  const auto pool = parse_subnet(text);
  if (!pool)
    return Error{Code::invalid_argument, "'" + std::string(text) + "' is not a subnet",
                 "such as " + std::string(default_pool)};
  if (pool->bits > smallest_pool_bits)
    return Error{Code::invalid_argument, "a pool of " + std::string(text) + " is too small",
                 "/" + std::to_string(smallest_pool_bits) + " is the smallest, /12 the usual"};
  if (!is_private(*pool))
    return Error{Code::invalid_argument, std::string(text) + " is not private", std::string(private_hint)};
  return *pool;
}

Ipv4 node_address(const Subnet& pool, std::int64_t number) { return pool.at(static_cast<std::uint32_t>(number)); }

std::int64_t free_number(const std::set<std::int64_t>& taken) {
  std::int64_t number = 1;
  for (auto at = taken.lower_bound(1); at != taken.end() && *at == number; ++at) ++number;
  return number <= most_nodes ? number : 0;
}

Result<Subnet> free_block(const Subnet& pool, const Taken& taken, std::string_view seed) {
  const std::uint64_t step = Subnet{{}, network_bits}.size();
  const std::uint64_t blocks = (pool.size() - node_block) / step;
  const std::uint64_t start = number_of(crypto::sha256(seed)) % blocks;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    const Subnet block{pool.at(static_cast<std::uint32_t>(node_block + (start + i) % blocks * step)), network_bits};
    if (!overlapping(block, taken)) return block;
  }
  return Error{
      Code::exhausted, "the grid's address pool " + to_text(pool) + " has no room for another network",
      "remove networks that nobody needs (kontena client network ls), or declare a subnet outside of the pool"};
}

Status may_have(const Subnet& subnet, const Subnet& pool, const Taken& taken) {
  const std::string text = to_text(subnet);
  if (subnet.bits > smallest_subnet_bits)
    return Error{Code::invalid_argument, "the subnet " + text + " is too small",
                 "/" + std::to_string(smallest_subnet_bits) + " is the smallest"};
  if (!is_private(subnet))
    return Error{Code::invalid_argument, "the subnet " + text + " is not private", std::string(private_hint)};
  if (node_part(pool).overlaps(subnet))
    return Error{Code::failed_precondition,
                 "the subnet " + text + " overlaps the addresses of the grid's nodes, " + to_text(node_part(pool)),
                 "declare another, or none: the grid then gives one"};
  if (const auto* other = overlapping(subnet, taken)) return taken_by(subnet, *other);
  return Done{};
}

Ipv4 default_gateway(const Subnet& subnet) { return subnet.at(1); }

bool may_be_member(const Range& range, Ipv4 address) {
  return range.subnet.contains(address) && address != range.subnet.base && address != range.subnet.last() &&
         address != range.gateway && !range.reserved.contains(address);
}

std::optional<Ipv4> free_address(const Range& range, std::string_view seed, const std::function<bool(Ipv4)>& is_taken) {
  const std::uint64_t size = range.from.size();
  const std::uint64_t start = number_of(crypto::sha256(seed)) % size;
  for (std::uint64_t i = 0; i < size; ++i) {
    const Ipv4 address = range.from.at(static_cast<std::uint32_t>((start + i) % size));
    if (may_be_member(range, address) && !is_taken(address)) return address;
  }
  return std::nullopt;
}

std::optional<Ipv4> Range6::behind(Ipv6 address) const {
  const Ipv4 last{static_cast<std::uint32_t>(address.low)};
  return beside(last) == address ? std::optional(last) : std::nullopt;
}

Subnet6 grid_pool6(std::string_view grid, std::int64_t created_ms) {
  const std::uint64_t chance = number_of(crypto::sha256("ipv6 " + std::string(grid) + ' ' + std::to_string(created_ms)));
  return {{0xfd00000000000000u | (chance >> 24 << 16), 0}, 48};
}

Result<Subnet6> free_block6(const Subnet6& pool, const Taken6& taken, std::string_view seed) {
  constexpr std::uint64_t blocks = 1u << 16;
  const std::uint64_t start = number_of(crypto::sha256(seed)) % blocks;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    const Subnet6 block{{pool.base.high | (start + i) % blocks, 0}, 64};
    if (!overlapping(block, taken)) return block;
  }
  return Error{Code::exhausted, "the grid's IPv6 addresses " + to_text(pool) + " have no room for another network"};
}

Result<Subnet6> read_subnet6(std::string_view text) {
  const auto subnet = parse_subnet6(text);
  const std::string quoted = '\'' + std::string(text) + '\'';
  if (!subnet) return Error{Code::invalid_argument, quoted + " is not an IPv6 subnet, such as fd3c:91a2:be07:1::/64"};
  static const Subnet6 internet = *parse_subnet6("2000::/3"), own = *parse_subnet6("fc00::/7");
  if (!internet.contains(*subnet) && !own.contains(*subnet))
    return Error{Code::invalid_argument, "the subnet " + quoted + " is not of addresses for hosts", "take one of fd00::/8"};
  if (subnet->bits < largest_subnet6_bits)
    return Error{Code::invalid_argument, "the subnet " + quoted + " is too large", "/48 is the largest, /64 the usual"};
  if (subnet->bits > smallest_subnet6_bits)
    return Error{Code::invalid_argument,
                 "the subnet " + quoted + " is too small: IPv6 addresses have the IPv4 ones in their last 32 bits",
                 "/96 is the smallest, /64 the usual"};
  return *subnet;
}

Status may_have6(const Subnet6& subnet, const Taken6& taken) {
  if (const auto* other = overlapping(subnet, taken)) return taken_by(subnet, *other);
  return Done{};
}

std::string bridge_name(std::string_view grid, std::string_view project, std::string_view network) {
  const std::string path = std::string(grid) + '/' + std::string(project) + '/' + std::string(network);
  return std::string(bridge_prefix) + crypto::sha256_hex(path).substr(0, 10);
}

}  // namespace kontena::overlay
