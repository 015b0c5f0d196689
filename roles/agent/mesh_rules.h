#pragma once

#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/netlink/rules.h"
#include "kontena/netlink/watch.h"
#include "kontena/overlay/wanted.h"

namespace kontena::agent {

// Holds the packet filter to the wanted rules: our own tables, and the rules in those of
// Docker and of the host's firewall that let pass what ours have marked. To look at them
// takes several programs to run: done when the kernel says that some have changed, and
// now and then all the same. Of a change of ours only what differs is written.
class MeshRules {
 public:
  explicit MeshRules(const Clock& clock) : clock_(clock) {}

  // What was not as wanted, and is now. `watch` is asked whether others changed rules; none: they may have.
  Result<model::Strings> mend(const overlay::Rules&, netlink::Watch* watch);

  // When to mend again though nothing is heard (steady); none: not before something is.
  std::optional<Duration> due() const { return again_; }

  // What keeps a table of others from letting through what it should, with the way out; "" = nothing.
  const std::string& hindrance() const { return hindrance_; }

  static Status remove();  // all of them

 private:
  Status put_whole(const overlay::Rules&);
  bool is_look_due(netlink::Watch*);
  Status look(const overlay::Rules&, model::Strings& mended);

  const Clock& clock_;
  std::optional<netlink::Nft> nft_;
  std::optional<overlay::Rules> is_;   // as last put
  std::optional<std::string> listed_;  // the digest of what the kernel listed after that; none: it was not looked at
  std::optional<Duration> looked_;     // steady
  std::optional<Duration> again_;      // steady; since what others wrote beside us was not told from our own
  std::string hindrance_;
  bool failed_ = false;                // the last time
  bool wrote_ = false;                 // this time
};

}  // namespace kontena::agent
