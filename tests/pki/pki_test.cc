#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "kontena/pki/authority.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace std::chrono_literals;

namespace {

const Time now = SystemClock().now();

// A folder of this test's own for what the openssl tool reads.
struct Folder : TempFolder {
  std::string put(const std::string& name, const std::string& content) const {
    std::ofstream(*this / name) << content;
    return *this / name;
  }
};

struct Ran {
  int status;
  std::string output;
};
Ran run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> part;
  while (const auto size = fread(part.data(), 1, part.size(), pipe)) output.append(part.data(), size);
  return {pclose(pipe), output};
}

pki::Authority authority(const std::string& name = "kontena test") {
  auto made = pki::Authority::create(name, now, 24h * 3650);
  REQUIRE(made);
  return *std::move(made);
}

}  // namespace

TEST_CASE("an authority comes back from its own texts") {
  const auto made = authority();
  const auto loaded = pki::Authority::load(made.own());
  REQUIRE(loaded);
  CHECK(loaded->fingerprint() == made.fingerprint());
  CHECK(made.fingerprint().size() == 64);
  const auto facts = pki::read_certificate(made.own().certificate_pem);
  REQUIRE(facts);
  CHECK(facts->common_name == "kontena test");
  CHECK(facts->fingerprint == made.fingerprint());
  CHECK(facts->names.empty());
  CHECK(facts->not_before < now - 59min);
  CHECK(facts->not_after > now + 24h * 3649);
  CHECK(made.own().key_pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_CASE("a server's certificate has exactly the names asked for, and its chain ends in the authority") {
  const auto ca = authority();
  const std::vector<std::string> names{"kontena.example.com", "localhost", "10.0.0.7", "fd00::1"};
  const auto pair = ca.issue_server(names, now, 24h * 365);
  REQUIRE(pair);
  const auto facts = pki::read_certificate(pair->certificate_pem);
  REQUIRE(facts);
  CHECK(facts->names == names);
  CHECK(pair->certificate_pem.ends_with(ca.own().certificate_pem));
  CHECK(facts->fingerprint != ca.fingerprint());
}

TEST_CASE("names that are neither hosts nor addresses are refused") {
  const auto ca = authority();
  for (const std::string& name :
       {std::string(""), std::string("a b"), std::string("DNS:evil,IP:1.2.3.4"), std::string("ä.de"), std::string("-x"),
        std::string("a\0b", 3), std::string(300, 'a')}) {
    CAPTURE(name);
    const auto pair = ca.issue_server({name}, now, 1h);
    REQUIRE_FALSE(pair);
    CHECK(pair.error().code == Code::invalid_argument);
  }
  CHECK_FALSE(ca.issue_server({}, now, 1h));
}

TEST_CASE("a client's certificate says the name it was given, whatever the request asked for") {
  const auto ca = authority();
  const auto request = pki::make_request("root-of-all-evil");
  REQUIRE(request);
  const auto pem = ca.sign_client(request->csr_pem, "0123456789ab", now, 24h);
  REQUIRE(pem);
  const auto facts = pki::read_certificate(*pem);
  REQUIRE(facts);
  CHECK(facts->common_name == "0123456789ab");
  CHECK(facts->names.empty());
  CHECK(std::count(pem->begin(), pem->end(), '\n') > 5);
  CHECK_FALSE(ca.sign_client(request->csr_pem, "", now, 24h));
  CHECK_FALSE(ca.sign_client(request->csr_pem, std::string(65, 'x'), now, 24h));
  CHECK_FALSE(ca.sign_client(request->csr_pem, "x", now, Duration(0)));
}

TEST_CASE("a request that was tampered with is refused") {
  const auto ca = authority();
  const auto request = pki::make_request("node");
  REQUIRE(request);
  unsigned refused = 0, tried = 0;
  const std::string& csr = request->csr_pem;
  for (std::size_t at = csr.find('\n') + 1; at < csr.rfind("\n-----END") - 4; at += 3) {
    std::string changed = csr;
    if (changed[at] == '\n') continue;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    ++tried;
    const auto pem = ca.sign_client(changed, "node", now, 1h);
    if (!pem) {
      CHECK(pem.error().code == Code::invalid_argument);
      ++refused;
    }
  }
  CHECK(tried > 50);
  CHECK(refused == tried);
  CHECK_FALSE(ca.sign_client("", "node", now, 1h));
  CHECK_FALSE(ca.sign_client("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "node",
                             now, 1h));
  CHECK_FALSE(ca.sign_client(std::string(1 << 20, 'x'), "node", now, 1h));
}

TEST_CASE("no certificate outlives its authority, and a dead authority signs nothing") {
  const auto ca = pki::Authority::create("short", now, 2h);
  REQUIRE(ca);
  const auto pair = ca->issue_server({"localhost"}, now, 24h);
  REQUIRE(pair);
  CHECK(pki::read_certificate(pair->certificate_pem)->not_after ==
        pki::read_certificate(ca->own().certificate_pem)->not_after);
  const auto late = ca->issue_server({"localhost"}, now + 3h, 24h);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::failed_precondition);
}

TEST_CASE("what is not an authority is not loaded") {
  const auto ca = authority();
  const auto other = authority();
  const auto server = ca.issue_server({"localhost"}, now, 1h);
  REQUIRE(server);
  CHECK_FALSE(pki::Authority::load(*server));
  CHECK_FALSE(pki::Authority::load({ca.own().certificate_pem, other.own().key_pem}));
  CHECK_FALSE(pki::Authority::load({"", Redacted("")}));
  CHECK_FALSE(pki::Authority::load({ca.own().certificate_pem, Redacted("rubbish")}));
  CHECK_FALSE(pki::read_certificate("rubbish"));
  CHECK_FALSE(pki::read_certificate(ca.own().key_pem.reveal()));
}

TEST_CASE("serial numbers do not repeat") {
  const auto ca = authority();
  const auto request = pki::make_request("node");
  std::vector<std::string> prints;
  for (int i = 0; i < 50; ++i)
    prints.push_back(pki::read_certificate(*ca.sign_client(request->csr_pem, "node", now, 1h))->fingerprint);
  std::ranges::sort(prints);
  CHECK(std::ranges::adjacent_find(prints) == prints.end());
}

TEST_CASE("the openssl tool agrees: chains, purposes, extensions") {
  if (run("openssl version").status != 0) return;
  const Folder folder;
  const auto ca = authority();
  const auto other = authority("another");
  const auto server = ca.issue_server({"localhost", "127.0.0.1"}, now, 24h);
  const auto request = pki::make_request("node");
  const auto client = ca.sign_client(request->csr_pem, "node", now, 24h);
  const std::string ca_file = folder.put("ca.pem", ca.own().certificate_pem);
  const std::string other_file = folder.put("other.pem", other.own().certificate_pem);
  const std::string server_file = folder.put("server.pem", server->certificate_pem);
  const std::string client_file = folder.put("client.pem", *client);
  const std::string verify = "openssl verify -x509_strict -check_ss_sig -CAfile " + ca_file;

  CHECK_MESSAGE(run(verify + " " + ca_file).status == 0, run(verify + " " + ca_file).output);
  CHECK_MESSAGE(run(verify + " -purpose sslserver -verify_hostname localhost " + server_file).status == 0,
                run(verify + " -purpose sslserver " + server_file).output);
  CHECK(run(verify + " -purpose sslserver -verify_ip 127.0.0.1 " + server_file).status == 0);
  CHECK(run(verify + " -purpose sslserver -verify_hostname example.com " + server_file).status != 0);
  CHECK(run(verify + " -purpose sslclient " + server_file).status != 0);
  CHECK(run(verify + " -purpose sslclient " + client_file).status == 0);
  CHECK(run(verify + " -purpose sslserver " + client_file).status != 0);
  CHECK(run("openssl verify -CAfile " + other_file + " " + server_file).status != 0);

  const std::string text = run("openssl x509 -noout -text -in " + ca_file).output;
  for (const char* part :
       {"CA:TRUE, pathlen:0", "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical", "Certificate Sign",
        "Subject Key Identifier", "Authority Key Identifier", "NIST CURVE: P-256"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  CHECK(run("openssl req -noout -verify -in " + folder.put("r.csr", request->csr_pem)).status == 0);
  CHECK(run("openssl pkcs8 -nocrypt -in " + folder.put("k.pem", server->key_pem.reveal())).status == 0);

  struct Row {
    const char* key;
    bool accepted;
  };
  for (const Row& row :
       {Row{"rsa:2048", true}, Row{"rsa:1024", false}, Row{"ed25519", true},
        Row{"ec -pkeyopt ec_paramgen_curve:secp224r1", false}, Row{"ec -pkeyopt ec_paramgen_curve:P-384", true}}) {
    CAPTURE(row.key);
    const auto made = run("openssl req -new -nodes -newkey " + std::string(row.key) +
                          " -subj /CN=x -keyout /dev/null -out " + folder / "weak.csr");
    REQUIRE_MESSAGE(made.status == 0, made.output);
    std::ifstream file(folder / "weak.csr");
    const std::string csr{std::istreambuf_iterator<char>(file), {}};
    CHECK(ca.sign_client(csr, "node", now, 1h).has_value() == row.accepted);
  }
}

TEST_CASE("a key that is kept makes the same request again, and is known by its public half") {
  const auto first = pki::make_request("a");
  REQUIRE(first);
  const auto again = pki::make_request("b", first->key_pem);
  const auto other = pki::make_request("a");
  REQUIRE(again);
  REQUIRE(other);
  const auto key = pki::key_of_request(first->csr_pem);
  REQUIRE(key);
  CHECK(key->size() == 64);
  CHECK(*pki::key_of_request(again->csr_pem) == *key);
  CHECK(*pki::key_of_request(other->csr_pem) != *key);
  CHECK(pki::key_of_request("rubbish").error().code == Code::invalid_argument);
  CHECK_FALSE(pki::make_request("a", Redacted("rubbish")));
}

TEST_CASE("a certificate tells when it was made, and which key is its") {
  const auto ca = authority();
  const auto request = pki::make_request("n");
  REQUIRE(request);
  const auto certificate = ca.sign_client(request->csr_pem, "n", now, 20s);
  REQUIRE(certificate);
  const auto facts = pki::read_certificate(*certificate);
  REQUIRE(facts);
  CHECK(facts->made <= now);
  CHECK(now - facts->made < 1s);
  CHECK(facts->not_after - facts->made == 20s);
  CHECK(pki::belong_together({*certificate, request->key_pem}));
  CHECK_FALSE(pki::belong_together({*certificate, pki::make_request("n")->key_pem}));
  CHECK_FALSE(pki::belong_together({"", Redacted()}));
}
