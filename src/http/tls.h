#pragma once

namespace kontena::http {

// Readies OpenSSL and curl, without OpenSSL's configuration file (see
// pki::init). Cheap after the first time; from any thread.
void ready_tls();

}  // namespace kontena::http
