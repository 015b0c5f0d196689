#include "kontena/netlink/rules.h"
#include "run.h"

namespace kontena::netlink {

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

Result<std::optional<std::string>> Nft::table(const std::string& name) const {
  auto output = run({path_, "-j", "list", "table", "inet", name}, {});
  if (!output) return std::move(output).error().in("reading the packet filter");
  if (output->status == 0) return std::optional(std::move(output->out));
  if (output->err.find("No such file or directory") != std::string::npos) return std::optional<std::string>{};
  return Error{Code::internal, "reading the packet filter's table '" + name + "': " + std::string(output->complaint())};
}

}  // namespace kontena::netlink
