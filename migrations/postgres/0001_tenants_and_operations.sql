-- Times are milliseconds since 1970-01-01T00:00:00Z. Column names of tenant_info are the requirements'.

-- The last number given out. It only grows, so that the id of a removed tenant never comes back.
CREATE TABLE tenant_counter (
    value BIGINT NOT NULL
);
INSERT INTO tenant_counter (value) VALUES (0);

-- Wider than the requirements where what is stored is not the plain value: apikey holds a keyed digest (44
-- characters of base64), openstack_password a sealed one (64). Keystone's own id columns are 64 wide, which
-- users of an LDAP domain fill.
CREATE TABLE tenant_info (
    tenant_id             VARCHAR(20)  NOT NULL PRIMARY KEY,
    tenant_name           VARCHAR(100) NOT NULL UNIQUE,
    openstack_domainname  VARCHAR(20)  NOT NULL,
    openstack_domainid    VARCHAR(64),
    openstack_projectname VARCHAR(20)  NOT NULL,
    openstack_projectid   VARCHAR(64),
    openstack_username    VARCHAR(20)  NOT NULL,
    openstack_userid      VARCHAR(64),
    openstack_password    VARCHAR(100) NOT NULL,
    openstack_rolename    VARCHAR(20)  NOT NULL,
    openstack_roleid      VARCHAR(64),
    apikey                VARCHAR(64)  NOT NULL,
    state                 VARCHAR(20)  NOT NULL CHECK (state IN ('creating', 'active', 'removing')),
    created_at            BIGINT       NOT NULL,
    -- Until when a registration in state 'creating' is taken for alive.
    creating_until        BIGINT       NOT NULL
);
CREATE INDEX tenant_info_unsettled ON tenant_info (tenant_id) WHERE state <> 'active';

CREATE TABLE operation (
    id            VARCHAR(40)  NOT NULL PRIMARY KEY,
    tenant_id     VARCHAR(20)  NOT NULL,
    user_id       VARCHAR(255) NOT NULL,
    domain        VARCHAR(40)  NOT NULL,
    region        VARCHAR(255) NOT NULL,
    method        VARCHAR(100) NOT NULL,
    request_id    VARCHAR(100) NOT NULL,
    plugin        VARCHAR(100) NOT NULL,
    digest        VARCHAR(100) NOT NULL,
    resource_id   VARCHAR(255),
    ticket        TEXT,
    state         VARCHAR(20)  NOT NULL
                  CHECK (state IN ('beginning', 'running', 'abandoning', 'done', 'failed')),
    step          TEXT         NOT NULL,
    percent       BIGINT,
    error_kind    VARCHAR(40),
    error_message TEXT,
    finished_at   VARCHAR(40),
    created_at    BIGINT       NOT NULL,
    updated_at    BIGINT       NOT NULL,
    next_poll_at  BIGINT       NOT NULL
);
CREATE INDEX operation_unfinished ON operation (next_poll_at)
    WHERE state IN ('beginning', 'running', 'abandoning');
CREATE INDEX operation_of_tenant ON operation (tenant_id, created_at);
