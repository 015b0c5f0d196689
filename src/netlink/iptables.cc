// The rules that we put into chains of others, in iptables.
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/netlink/rules.h"
#include "run.h"

namespace kontena::netlink {
namespace {

constexpr const char* seconds_for_the_lock = "10";

// One form of iptables, with the chain in it.
class Chain {
 public:
  Chain(std::string program, std::string name) : program_(std::move(program)), name_(std::move(name)) {}

  // The kernel's own chains are always there; what counts is that somebody has put something into any.
  Result<bool> exists() const {
    if (name_ != "INPUT" && name_ != "FORWARD") return yes_or_no("-S", {"1"});
    KTN_TRY(const auto output, run({program_, "-w", seconds_for_the_lock, "-S"}, {}));
    if (output.status != 0) return refused(output);
    for (const std::string& line : text::split(output.out, '\n'))
      if (!line.empty() && !(line.starts_with("-P ") && line.ends_with(" ACCEPT"))) return true;
    return false;
  }
  Chain sibling(std::string name) const { return {program_, std::move(name)}; }
  Result<bool> has(const Rule& rule) const { return yes_or_no("-C", rule); }

  Status change(const char* how, const Rule& rule) const {
    KTN_TRY(const auto output, iptables(how, rule));
    if (output.status == 0) return Done{};
    return refused(output);
  }

 private:
  Result<Output> iptables(const char* how, const Rule& arguments) const {
    std::vector<std::string> argv{program_, "-w", seconds_for_the_lock, how, name_};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(argv, {});
  }

  // "No" is status 1; a wrong argument is 2, a lock that others hold and trouble
  // with the kernel are more.
  Result<bool> yes_or_no(const char* how, const Rule& arguments) const {
    KTN_TRY(const auto output, iptables(how, arguments));
    if (output.status > 1) return refused(output);
    return output.status == 0;
  }

  Error refused(const Output& output) const {
    return {output.status == 2 ? Code::invalid_argument : Code::unavailable,
            program_ + ", chain '" + name_ + "': " + std::string(output.complaint())};
  }

  std::string program_, name_;
};

// To run the legacy form on a machine that does not use it would load its modules and
// make its tables.
bool legacy_is_used(Family family = Family::ipv4) {
  const auto tables = files::read(family == Family::ipv4 ? "/proc/thread-self/net/ip_tables_names" : "/proc/thread-self/net/ip6_tables_names");
  if (!tables) return false;
  for (const std::string& table : text::split(*tables, '\n'))
    if (table == "filter") return true;
  return false;
}

std::vector<Chain> chains_named(const std::string& name, Family family = Family::ipv4) {
  const std::string program = family == Family::ipv4 ? "iptables-" : "ip6tables-";
  std::vector<std::string> programs{find_program(program + "nft")};
  if (legacy_is_used(family)) programs.push_back(find_program(program + "legacy"));
  std::vector<Chain> chains;
  for (std::string& program : programs) {
    if (!program.empty()) chains.emplace_back(std::move(program), name);
  }
  return chains;
}

}  // namespace

Result<int> ensure_rules(const std::string& chain, const std::vector<Rule>& rules, Family family) {
  int put = 0;
  for (const Chain& one : chains_named(chain, family))
    // From the last: each goes to the head, so that they stand as they were given.
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
      KTN_TRY(const bool there, one.has(*rule));
      if (there) continue;
      // Asked only now, since a rule that is there says so too.
      KTN_TRY(const bool exists, one.exists());
      if (!exists) break;
      KTN_OK(one.change("-I", *rule));
      ++put;
    }
  return put;
}

Result<int> ensure_last(const std::string& chain, const std::vector<Rule>& rules) {
  int put = 0;
  for (const Chain& one : chains_named(chain))
    for (const Rule& rule : rules) {
      KTN_TRY(const bool there, one.has(rule));
      if (there) continue;
      KTN_TRY(const bool exists, one.exists());
      if (!exists) break;
      KTN_OK(one.change("-A", rule));
      ++put;
    }
  return put;
}

Result<int> ensure_jump(const std::string& from, const std::string& to) {
  const Rule jump{"-j", to};
  int put = 0;
  for (const Chain& target : chains_named(to)) {
    const Chain source = target.sibling(from);
    KTN_TRY(const bool has_target, target.exists());
    if (!has_target) continue;
    KTN_TRY(const bool there, source.has(jump));
    if (there) continue;
    KTN_OK(source.change("-I", jump));
    ++put;
  }
  return put;
}

Result<int> remove_rules(const std::string& chain, const std::vector<Rule>& rules, Family family) {
  int taken = 0;
  for (const Chain& one : chains_named(chain, family))
    for (const Rule& rule : rules) {
      KTN_TRY(bool there, one.has(rule));
      for (; there; ++taken) {  // it may be there more than once
        KTN_OK(one.change("-D", rule));
        KTN_TRY(there, one.has(rule));
      }
    }
  return taken;
}

bool legacy_iptables_is_used() { return legacy_is_used(); }

}  // namespace kontena::netlink
