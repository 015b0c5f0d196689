#include "mesh_rules.h"

#include "kontena/crypto/digest.h"
#include "kontena/overlay/plan.h"

namespace kontena::agent {
namespace {

constexpr Duration between_looks{60'000};
constexpr Duration after_own{1'500};  // many starts after each other are one look
const std::string device(overlay::device), table(overlay::table);

// What other tables let pass is what ours has marked: of Docker's, packets between bridges and the mesh …
const std::vector<netlink::Rule> docker_user{
    {"-i", device, "-m", "mark", "--mark", overlay::mark_match(), "-j", "ACCEPT"},
    {"-o", device, "-m", "mark", "--mark", overlay::mark_match(), "-j", "ACCEPT"},  // from internal networks
};
// … and what Docker lets pass itself, once others have had their say: whoever empties all chains, as firewalld does at
// its start, takes Docker's rules too, and Docker puts them back at its own start only …
const std::vector<netlink::Rule> forward{{"-m", "mark", "--mark", overlay::any_mark_match(), "-j", "ACCEPT"}};
// … likewise of an engine that uses nftables by itself (from 29 on), and has no chain for its user …
const netlink::GuestRule docker_bridges{"ip docker-bridges filter-FORWARD", overlay::nft_mark_match() + " accept",
                                        table};
// … and of firewalld, which knows Docker's bridges (not always: Docker tells it at its own start) and not the mesh …
const std::vector<netlink::GuestRule> firewalld{
    {"inet firewalld filter_FORWARD", overlay::nft_mark_match() + " accept", table},
    // Where a zone that was told nothing of our bridges would reject, and nobody's policy has decided.
    {"inet firewalld filter_FORWARD_POLICIES_post", overlay::nft_way_mark_match() + " accept", table + "-way", true},
    {"inet firewalld filter_INPUT", "iifname \"" + std::string(overlay::bridge_prefix) + "*\" " + overlay::nft_mark_match() + " accept", table},
};
// … and of a host's firewall, questions for names.
const std::vector<netlink::Rule> input{
    {"-i", std::string(overlay::bridge_prefix) + '+', "-m", "mark", "--mark", overlay::mark_match(), "-j", "ACCEPT"},
};

// The same for IPv6, which an engine may leave alone (Docker before 27), so that it has no chain for its user.
const std::vector<netlink::Rule> forward6{{"-m", "mark", "--mark", overlay::mark_match(), "-j", "ACCEPT"}};

// Rules in the tables of others for networks with IPv6.
Status ensure_ipv6(model::Strings& mended) {
  KTN_TRY(const int passed, netlink::ensure_rules("FORWARD", forward6, netlink::Family::ipv6));
  if (passed > 0) mended.push_back("the rule in FORWARD of IPv6");
  KTN_TRY(const int asked, netlink::ensure_rules("INPUT", input, netlink::Family::ipv6));
  if (asked > 0) mended.push_back("the rule in INPUT of IPv6");
  return Done{};
}

}  // namespace

Status MeshRules::put_whole(const overlay::Rules& rules) {
  KTN_OK(nft_->apply(overlay::whole(rules)));
  wrote_ = true;
  is_ = rules;
  KTN_TRY(const auto tables, nft_->tables(table));
  listed_ = tables ? crypto::sha256(*tables) : "";
  return Done{};
}

// Ours and others' of the same moment cannot be told apart: the latter are seen at the look that follows soon.
bool MeshRules::is_look_due(netlink::Watch* watch) {
  const Duration now = clock_.steady();
  const bool heard = !watch || watch->rules_changed();
  const bool due = heard || failed_ || !looked_ || now - *looked_ > between_looks || (again_ && now >= *again_) ||
                   netlink::legacy_iptables_is_used();
  if (due) looked_ = now, again_.reset();
  return due;
}

Status MeshRules::look(const overlay::Rules& rules, model::Strings& mended) {
  KTN_TRY(const auto tables, nft_->tables(table));
  if (!tables || (listed_ && crypto::sha256(*tables) != *listed_)) {
    mended.push_back("the table of rules");
    KTN_OK(put_whole(rules));
  } else if (!listed_) {
    KTN_OK(put_whole(rules));
  }
  KTN_TRY(const int passed, netlink::ensure_rules("DOCKER-USER", docker_user));
  if (passed > 0) mended.push_back("the rule in DOCKER-USER");
  KTN_TRY(const int led, netlink::ensure_jump("FORWARD", "DOCKER-USER"));
  if (led > 0) mended.push_back("the way to DOCKER-USER");
  KTN_TRY(const int last, netlink::ensure_last("FORWARD", forward));
  if (last > 0) mended.push_back("the rule in FORWARD");
  KTN_TRY(const auto others, nft_->table_names());  // most hosts have none of those, and need not be asked for each
  const auto has = [&](const netlink::GuestRule& rule) {
    return others.contains(rule.chain.substr(0, rule.chain.rfind(' ')));
  };
  if (has(docker_bridges)) {
    KTN_TRY(const bool guest, nft_->ensure_rule(docker_bridges));
    if (guest) mended.push_back("the rule in docker-bridges");
  }
  hindrance_.clear();
  for (const netlink::GuestRule& rule : firewalld) {
    if (!has(rule)) continue;
    const auto put = nft_->ensure_rule(rule);
    if (put && *put) mended.push_back("the rule in firewalld's " + rule.chain.substr(rule.chain.rfind(' ') + 1));
    // Newer ones let nobody else write to their table.
    if (!put && put.error().code != Code::permission_denied) return put.error();
    if (!put)
      hindrance_ = "firewalld keeps its table to itself and may drop what comes from other nodes: set NftablesTableOwner=no in "
                   "/etc/firewalld/firewalld.conf, then firewall-cmd --reload";
  }
  KTN_TRY(const int asked, netlink::ensure_rules("INPUT", input));
  if (asked > 0) mended.push_back("the rule in INPUT");
  if (rules.ipv6) KTN_OK(ensure_ipv6(mended));
  return Done{};
}

Result<model::Strings> MeshRules::mend(const overlay::Rules& rules, netlink::Watch* watch) {
  model::Strings mended;
  if (!nft_) {
    KTN_TRY(nft_, netlink::Nft::find());
  }
  const bool due = is_look_due(watch);
  failed_ = true;
  wrote_ = false;
  if (!is_) KTN_OK(put_whole(rules));
  if (due) KTN_OK(look(*is_, mended));
  if (model::Strings expected; rules.ipv6 && !is_->ipv6) KTN_OK(ensure_ipv6(expected));
  if (*is_ != rules) {
    // Where elements are not as we think, the whole is put.
    if (nft_->apply(overlay::change(*is_, rules))) {
      wrote_ = true;
      is_ = rules;
      listed_.reset();
    } else {
      KTN_OK(put_whole(rules));
    }
  }
  // What we wrote is no news.
  if (watch && wrote_) {
    watch->forget_rules();
    if (!again_) again_ = clock_.steady() + after_own;
  }
  failed_ = false;
  return mended;
}

Status MeshRules::remove() {
  KTN_OK(netlink::remove_rules("DOCKER-USER", docker_user));
  KTN_OK(netlink::remove_rules("FORWARD", forward));
  KTN_OK(netlink::remove_rules("INPUT", input));
  KTN_OK(netlink::remove_rules("FORWARD", forward6, netlink::Family::ipv6));
  KTN_OK(netlink::remove_rules("INPUT", input, netlink::Family::ipv6));
  const auto nft = netlink::Nft::find();
  if (!nft) return Done{};
  KTN_TRY([[maybe_unused]] const bool guest, nft->remove_rule(docker_bridges));
  for (const netlink::GuestRule& rule : firewalld) {
    KTN_TRY([[maybe_unused]] const bool taken, nft->remove_rule(rule));
  }
  return nft->apply(overlay::no_rules());
}

}  // namespace kontena::agent
