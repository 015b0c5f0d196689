#include "kontena/base/text.h"
#include "kontena/netlink/rules.h"
#include "run.h"

namespace kontena::netlink {
namespace {

std::vector<std::string> listing_of(const GuestRule& guest) {
  std::vector<std::string> arguments{"-a", "list", "chain"};
  for (std::string& part : text::split(guest.chain, ' ')) arguments.push_back(std::move(part));
  return arguments;
}

// "… comment "kontena" # handle 7"
std::optional<std::string> handle_of(const GuestRule& guest, std::string_view listing) {
  const std::string sign = " comment \"" + guest.name + "\" # handle ";
  const auto at = listing.find(sign);
  if (at == std::string_view::npos) return std::nullopt;
  listing.remove_prefix(at + sign.size());
  return std::string(listing.substr(0, listing.find_first_not_of("0123456789")));
}

// Where a rule that is to be last goes: before what drops the rest, if that is how the chain ends.
std::string end_of(const GuestRule& guest, std::string_view listing) {
  constexpr std::string_view sign = " # handle ";
  const std::string behind = "add rule " + guest.chain;
  const auto at = listing.rfind(sign);
  if (at == std::string_view::npos) return behind;
  const auto begin = listing.rfind('\n', at) + 1;
  const std::string_view rule = text::trim(listing.substr(begin, at - begin));
  if (!rule.starts_with("reject") && !rule.starts_with("drop")) return behind;
  const std::string_view rest = listing.substr(at + sign.size());
  return "insert rule " + guest.chain + " handle " + std::string(rest.substr(0, rest.find_first_not_of("0123456789")));
}

}  // namespace

Result<Nft> Nft::find() {
  std::string path = find_program("nft");
  if (path.empty())
    return Error{Code::failed_precondition, "the program nft is not installed", "install the package nftables"};
  return Nft(std::move(path));
}

Status Nft::apply(std::string_view ruleset) const {
  auto output = run({path_, "-f", "-"}, ruleset);
  if (!output) return std::move(output).error().in("setting the packet filter");
  if (output->status == 0) return Done{};
  // All that it says: each mistake with the line and a mark under it.
  std::string why = output->err;
  while (!why.empty() && why.back() == '\n') why.pop_back();
  if (why.empty()) why = "nft ended with status " + std::to_string(output->status);
  const bool forbidden = why.find("Operation not permitted") != std::string::npos;
  return Error{forbidden ? Code::permission_denied : Code::internal, "setting the packet filter: " + why};
}

Result<std::optional<std::string>> Nft::list(const std::vector<std::string>& what) const {
  std::vector<std::string> argv{path_};
  argv.insert(argv.end(), what.begin(), what.end());
  auto output = run(argv, {});
  if (!output) return std::move(output).error().in("reading the packet filter");
  if (output->status == 0) return std::optional(std::move(output->out));
  if (output->err.find("No such file or directory") != std::string::npos) return std::optional<std::string>{};
  return Error{Code::internal,
               "reading the packet filter (" + text::join(what, " ") + "): " + std::string(output->complaint())};
}

Result<std::optional<std::string>> Nft::tables(const std::string& name) const {
  // One after the other: nft (1.0.6) finds only the last of several that it is asked for at once.
  std::string all;
  for (const char* family : {"inet", "arp"}) {
    KTN_TRY(const auto table, list({"-j", "list", "table", family, name}));
    if (!table) return std::optional<std::string>();
    all += *table;
  }
  return std::optional(std::move(all));
}

Result<std::set<std::string>> Nft::table_names() const {
  KTN_TRY(const auto listing, list({"list", "tables"}));
  constexpr std::string_view word = "table ";
  std::set<std::string> names;
  for (const std::string& line : text::split(listing.value_or(""), '\n'))
    if (line.starts_with(word)) names.insert(std::string(text::trim(std::string_view(line).substr(word.size()))));
  return names;
}

Result<bool> Nft::ensure_rule(const GuestRule& guest) const {
  KTN_TRY(const auto chain, list(listing_of(guest)));
  if (!chain || handle_of(guest, *chain)) return false;
  const std::string where = guest.last ? end_of(guest, *chain) : "insert rule " + guest.chain;
  KTN_OK(apply(where + ' ' + guest.rule + " comment \"" + guest.name + "\"\n"));
  return true;
}

Result<bool> Nft::remove_rule(const GuestRule& guest) const {
  KTN_TRY(const auto chain, list(listing_of(guest)));
  const auto handle = chain ? handle_of(guest, *chain) : std::nullopt;
  if (!handle) return false;
  KTN_OK(apply("delete rule " + guest.chain + " handle " + *handle + '\n'));
  return true;
}

}  // namespace kontena::netlink
