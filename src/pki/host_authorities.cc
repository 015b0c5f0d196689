#include "kontena/pki/host_authorities.h"

#include <array>

#include "kontena/base/files.h"

namespace kontena::pki {

Result<std::string> host_authorities(const std::string& instead) {
  // Debian and Alpine, Fedora, openSUSE, the BSDs' and others' place.
  constexpr std::array bundles{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                               "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
  for (const char* path : bundles)
    if (auto text = files::read(path, largest_authorities); text && !text->empty()) return text;
  return Error{Code::failed_precondition, "this host has no list of trusted authorities",
               "install ca-certificates, or say whom to trust: " + instead};
}

}  // namespace kontena::pki
