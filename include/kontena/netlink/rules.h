#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kontena/base/result.h"

// The packet filter, by its own programs.
namespace kontena::netlink {

// A rule of ours in a table that is somebody else's.
struct GuestRule {
  std::string chain;  // "ip docker-bridges filter-FORWARD": family, table, name
  std::string rule;   // "meta mark 1 accept"
  std::string name;   // its comment, which it is known by
  bool last = false;  // behind all others, but before a last one that drops or rejects the rest
};

class Nft {
 public:
  // Code::failed_precondition where the program is not installed.
  static Result<Nft> find();
  // From a given place, not looked for.
  explicit Nft(std::string path) : path_(std::move(path)) {}

  // All of it or nothing, as nft reads it (`nft -f -`). What nft says is in the error.
  Status apply(std::string_view ruleset) const;
  // What nft lists of the tables of that name, of inet and of arp; none where one is missing.
  Result<std::optional<std::string>> tables(const std::string& name) const;

  Result<std::set<std::string>> table_names() const;  // of all: "inet firewalld"

  // Puts it at the head of its chain, or where it says; false where it is there, or where there is no such chain.
  Result<bool> ensure_rule(const GuestRule&) const;
  Result<bool> remove_rule(const GuestRule&) const;  // false where it was not there

 private:
  Result<std::optional<std::string>> list(const std::vector<std::string>& what) const;
  std::string path_;
};

// The arguments of one rule: {"-i", "kontena0", "-j", "ACCEPT"}.
using Rule = std::vector<std::string>;

enum class Family { ipv4, ipv6 };  // iptables or ip6tables

// Puts the rules that are missing at the head of a chain of the filter table of
// iptables, both of its nft and of its legacy form: of each that is installed, in use
// and has the chain; elsewhere there is nothing to do. Says how many rules it put.
Result<int> ensure_rules(const std::string& chain, const std::vector<Rule>&, Family = Family::ipv4);

// The same at the end of a chain, where only that comes which no rule of others has decided on.
Result<int> ensure_last(const std::string& chain, const std::vector<Rule>&);

// Where the chain `to` is, has `from` lead to it first: whoever empties all chains takes
// that too, and Docker puts it back at its own start only.
Result<int> ensure_jump(const std::string& from, const std::string& to);
// Whether the legacy form of iptables is in use here, whose changes no Watch hears.
bool legacy_iptables_is_used();

// Takes them out, likewise; says how many it took.
Result<int> remove_rules(const std::string& chain, const std::vector<Rule>&, Family = Family::ipv4);

}  // namespace kontena::netlink
