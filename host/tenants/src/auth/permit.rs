//! The proofs that a caller may act. They can be made inside `auth` only, and nothing below the ports is reached without
//! one.

use std::sync::Arc;

use patchbay_core::{Mark, TenantId};
use patchbay_upstream::{Account, Caller};
use tokio::time::Instant;

use super::scope::{self, Scope};
use crate::Tenant;

/// A call that may go on: whose it is, on whose behalf, and until when.
#[derive(Debug, Clone)]
pub struct Permit {
    tenant_id: Option<TenantId>,
    mark: Option<Mark>,
    tenant: Option<Arc<Tenant>>,
    user_id: Arc<str>,
    request_id: Arc<str>,
    deadline: Instant,
}

impl Permit {
    pub(super) fn of_tenant(tenant: Arc<Tenant>, user_id: &str, request_id: &str, deadline: Instant) -> Self {
        let (tenant_id, mark) = (Some(tenant.id()), tenant.mark());
        Self {
            tenant_id,
            mark,
            tenant: Some(tenant),
            user_id: user_id.into(),
            request_id: request_id.into(),
            deadline,
        }
    }

    pub(super) fn without_account(
        tenant_id: TenantId,
        mark: Option<Mark>,
        request_id: &str,
        deadline: Instant,
    ) -> Self {
        Self { tenant_id: Some(tenant_id), mark, ..Self::of_host(request_id, deadline) }
    }

    /// For what the host asks a plugin on nobody's behalf: who it is, whether its backend answers. It carries
    /// no tenant and no account.
    #[must_use]
    pub fn of_host(request_id: &str, deadline: Instant) -> Self {
        let (user_id, request_id) = ("".into(), request_id.into());
        Self { tenant_id: None, mark: None, tenant: None, user_id, request_id, deadline }
    }

    /// The tenant that the call concerns; absent for the host's own questions.
    #[must_use]
    pub fn tenant_id(&self) -> Option<TenantId> {
        self.tenant_id
    }

    /// What the tenant's things bear in the cloud; absent where it was registered before there were marks.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        self.mark
    }

    /// The tenant; absent while its account in the cloud is being made or removed.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_deref()
    }

    /// The platform's user; may be empty.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    pub(super) fn shared_user_id(&self) -> Arc<str> {
        Arc::clone(&self.user_id)
    }

    /// The call's id.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// When the call ends, answered or not.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// As whom an upstream is called.
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        let account = self.tenant.as_deref().map(|tenant| tenant as &dyn Account);
        Caller { request_id: &self.request_id, account, deadline: self.deadline }
    }
}

/// An operator whose role allows what an RPC needs.
#[derive(Debug)]
pub struct Operator<S: Scope> {
    name: Arc<str>,
    _may: S,
}

impl<S: Scope> Operator<S> {
    pub(super) fn proven(name: &Arc<str>, scope: S) -> Self {
        Self { name: Arc::clone(name), _may: scope }
    }

    /// What the operator is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For looking at what the cloud has of tenants, whosever they are; every role may.
    #[must_use]
    pub fn looking(&self, request_id: &str, deadline: Instant) -> Permit {
        Permit::of_host(request_id, deadline)
    }
}

impl Operator<scope::Tenants> {
    /// For making the account of a tenant that is being registered, or taking over one that bears this mark.
    #[must_use]
    pub fn registering(
        &self,
        tenant_id: TenantId,
        mark: Option<Mark>,
        request_id: &str,
        deadline: Instant,
    ) -> Permit {
        Permit::without_account(tenant_id, mark, request_id, deadline)
    }
}
