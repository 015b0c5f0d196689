// How nodes come by their certificates.
#include "../networks.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

// A certificate for the request, noted on the node. Returns the text.
Result<std::string> certify(const Context& context, const std::string& csr_pem, const std::string& key, Time now,
                            model::Node& node) {
  KTN_TRY(std::string certificate, context.authority.sign_client(csr_pem, key, now, context.certificate_lifetime));
  KTN_TRY(const pki::CertificateFacts facts, pki::read_certificate(certificate));
  KTN_TRY(node.key, pki::key_of_request(csr_pem));
  node.certificate = facts.fingerprint;
  return certificate;
}

}  // namespace

Result<Answer> get_join_terms(const Context&, const ClusterView& view, const Call& call) {
  if (!call.token)
    return Error{Code::unauthenticated, "a join token is needed here", "kontena client token create"};
  return answer(api::JoinTerms{call.token->grid, to_text(pool_of(view, call.token->grid))});
}

// The new node's record, the use of the token, and the certificate's fingerprint
// are one commit: a token for one use makes one node, however many try at once.
// Who asks again with the same key has not got the answer, and gets another; the
// one before stays good, as what asks again may be a message that comes late.
Result<Change> join(const Context& context, const ClusterView& view, const Call& call) {
  if (!call.token)
    return Error{Code::unauthenticated, "a join token is needed here", "kontena client token create"};
  const auto* token = view.tokens.find(*call.token->id);
  if (!token) return Error{Code::unauthenticated, "the token is not valid here", "ask for a new token"};
  KTN_TRY(const api::JoinRequest asked, body_of<api::JoinRequest>(call));
  if (!text::is_label(asked.name))
    return Error{Code::invalid_argument, "'" + asked.name + "' cannot be a node's name: 1 to 63 of a-z, 0-9 and -", "choose another with --name"};
  KTN_TRY(const std::string asked_key, pki::key_of_request(asked.csr_pem));
  const std::string& grid = token->value.grid;
  const Ordered<model::Node>::Item* taken = nullptr;
  view.nodes.each(grid + '/', [&](const auto& item) {
    if (item.value.name == asked.name) taken = &item;
  });
  if (taken && taken->value.key == asked_key) {
    model::Node node = taken->value;
    KTN_TRY(const std::string certificate, certify(context, asked.csr_pem, taken->key, call.now, node));
    node.former = taken->value.certificate;
    Change change{.reply = json(api::JoinAnswer{*node.id, grid, node.name, certificate}), .resource = taken->key};
    change.commit.unchanged = {unchanged(store::nodes, *taken)};
    change.commit.puts = {store::nodes.put(taken->key, node)};
    return change;
  }
  if (token->value.uses_left == 0)
    return Error{Code::unauthenticated, "the token was used up", "kontena client token create"};
  const auto* home = view.grids.find(grid);
  if (!home) {
    KTN_OK(check_readable(view, store::grids.key(grid)));
    return Error{Code::failed_precondition, "grid '" + grid + "' of this token is gone"};
  }
  if (taken)
    return Error{Code::already_exists, "grid '" + grid + "' has a node named '" + asked.name + "' already",
                 "choose another with --name, or remove that one: kontena client node rm " + asked.name};

  model::Node node{.id = NodeId(context.ids.id()), .grid = grid, .name = asked.name, .labels = token->value.labels, .created_ms = to_ms(call.now)};
  for (const auto& [name, value] : asked.labels) node.labels[name] = value;
  KTN_OK(check_labels(node.labels));
  const std::string key = grid + '/' + *node.id;
  KTN_TRY(const std::string certificate, certify(context, asked.csr_pem, key, call.now, node));

  model::Token used = token->value;
  if (used.uses_left > 0) --used.uses_left;
  Change change{.reply = json(api::JoinAnswer{*node.id, grid, node.name, certificate}, 201), .resource = key};
  // The grid is written as it is, so that two joins under one name cannot both pass.
  change.commit.unchanged = {unchanged(store::tokens, *token), unchanged(store::grids, *home), {store::nodes.key(key), 0}};
  change.commit.puts = {store::nodes.put(key, node), store::tokens.put(token->key, used), store::grids.put(grid, home->value)};
  return change;
}

// By the present certificate, which stays good until the new one was used for the
// next renewal: an answer that is lost does no harm.
Result<Change> renew(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::RenewRequest asked, body_of<api::RenewRequest>(call));
  const std::string key = call.who.grid + '/' + call.who.id;
  const auto* item = view.nodes.find(key);
  if (!item) return Error{Code::unauthenticated, "this node was removed"};
  model::Node node = item->value;
  KTN_TRY(const std::string certificate, certify(context, asked.csr_pem, key, call.now, node));
  node.former = call.certificate;
  Change change{.reply = json(api::RenewAnswer{certificate}), .resource = key};
  change.commit.unchanged = {unchanged(store::nodes, *item)};
  change.commit.puts = {store::nodes.put(key, node)};
  return change;
}

}  // namespace kontena::server
