#include "kontena/crypto/chain.h"

#include "kontena/crypto/digest.h"

namespace kontena::crypto {

Link link(const Link& before, std::string_view text) {
  Link next{before.number + 1, {}};
  Sha256 sum;
  sum.add(before.hash);
  sum.add('\n' + std::to_string(next.number) + '\n');
  sum.add(text);
  next.hash = sum.hex();
  return next;
}

}  // namespace kontena::crypto
